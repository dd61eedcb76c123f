import { halfWidth } from './halfWidth.ts'

const PERSONAL: readonly RegExp[] = [
  /\d{7,}/u, // any telephone or identity number written in one piece
  /(?:^|\D)1[3-9]\d[-\s.]*\d{4}[-\s.]*\d{4}(?:\D|$)/u, // a mobile in groups
  /(?:^|\D)0\d{2,3}[-\s)]*\d{4}[-\s]?\d{3,4}(?:\D|$)/u, // a landline with its area code
  /(?:^|\D)[48]00-\d{3}-?\d{4}(?:\D|$)/u,
  /\d{2,}[*xX×•]{2,}\d*/u, // a masked number
  /[*•]{3,}/u,
  /\d{6}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx]/u,
  /[\w.+-]+@[\w-]+\.\w+/u,
  /(?:微信|电话|手机|身份证|联系方式|QQ)/iu,
]

/** True for a text that holds a telephone or identity number, whole, grouped or masked, or an address of a mailbox. */
export function looksPersonal(text: string): boolean {
  const half = halfWidth(text)
  return PERSONAL.some((pattern) => pattern.test(half))
}

/** Long digit runs are hidden from questions even where they match no known number. */
export function safeToShow(text: string): boolean {
  const digits = text.replace(/\D/gu, '').length
  const words = /^[\p{Script=Han}·]{2,4}$/u.test(text)
  return !looksPersonal(text) && digits < 9 && !words && [...text].length <= 40
}
