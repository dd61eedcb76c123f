/** Which of the four ways to put the app on the desktop applies here; `null` when it was opened from there. */
export function installHint(
  userAgent: string,
  isStandalone: boolean,
): 'android' | 'iphone' | 'wechat' | 'computer' | null {
  if (isStandalone) return null
  if (/MicroMessenger/i.test(userAgent)) return 'wechat'
  if (/iPhone|iPad|iPod/i.test(userAgent)) return 'iphone'
  return /Android|HarmonyOS/i.test(userAgent) ? 'android' : 'computer'
}
