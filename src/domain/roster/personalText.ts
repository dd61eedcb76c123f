import { halfWidth } from './halfWidth.ts'

const PERSONAL: readonly RegExp[] = [
  /\d{7,}/u, // any telephone or identity number written in one piece
  /(?:^|\D)1[3-9]\d[-\s.]*\d{4}[-\s.]*\d{4}(?:\D|$)/u, // a mobile in groups
  /(?:^|\D)0\d{2,3}[-\s)]*\d{4}[-\s]?\d{3,4}(?:\D|$)/u, // a landline with its area code
  /(?:^|\D)[48]00-\d{3}-?\d{4}(?:\D|$)/u,
  /(?:^|\D)[7-9]\d{3}[-\s]\d{4}(?:\D|$)/u, // no building has a seventieth floor here
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

const PLACE_TEXT =
  /^(?:[\dA-Z\s.,;:/#~+·•&|()（）、，；-]|[栋幢座号楼单元梯室房户铺店商档层左右中前后东南西北上下内外边侧间面首地天台架空夹阁负底顶年月日之一二三四五六七八九十〇零百至到和及与除缺单双第整全])*$/iu

/** Only digits, letters and words of places are shown back in a question; any other word could be somebody's name. */
export const safeToShow = (text: string): boolean =>
  !looksPersonal(text) && PLACE_TEXT.test(text) && text.replace(/\D/gu, '').length < 12 && [...text].length <= 40
