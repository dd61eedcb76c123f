import { joinMessages } from '../../messages/join.ts'

/** What to call this device in the leader's list: its sort and nothing that would tell it from another of its sort. */
export function nameDevice(userAgent: string): string {
  const { devices } = joinMessages
  if (/iPhone/i.test(userAgent)) return devices.iphone
  if (/iPad|Tablet/i.test(userAgent)) return devices.tablet
  if (/Android|HarmonyOS/i.test(userAgent)) return devices.android
  return /Windows|Macintosh|Linux|CrOS/i.test(userAgent) ? devices.computer : devices.other
}

/** WeChat's own browser: its storage is its own and easily cleared, so nothing may be used up in it. */
export function isInWeChat(userAgent: string): boolean {
  return /MicroMessenger/i.test(userAgent)
}
