const DIGITS: Readonly<Record<string, number>> = {
  〇: 0,
  零: 0,
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
  壹: 1,
  贰: 2,
  叁: 3,
  肆: 4,
  伍: 5,
  陆: 6,
  柒: 7,
  捌: 8,
  玖: 9,
}
const SPOKEN = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九']

/** The characters of a number written in Chinese, for use inside other patterns. */
export const CHINESE_NUMBER = '[〇零一二两三四五六七八九十百壹贰叁肆伍陆柒捌玖拾]{1,5}'

/** 二十一 → 21, 十二 → 12, 一〇三 → 103, 12 → 12; undefined where it is no number. */
export function readNumber(text: string): number | undefined {
  if (/^\d{1,5}$/u.test(text)) return Number(text)
  const plain = text.replace(/拾/gu, '十')
  if (!/^[〇零一二两三四五六七八九十百壹贰叁肆伍陆柒捌玖]{1,5}$/u.test(plain)) return undefined
  if (!/[十百]/u.test(plain)) return Number([...plain].map((char) => DIGITS[char]).join(''))
  const parts = /^(?:(.)?百零?)?(?:(.)?(十))?(.)?$/u.exec(plain)
  if (!parts) return undefined
  const digit = (char: string | undefined, absent: number) => (char === undefined ? absent : (DIGITS[char] ?? 0))
  const hundreds = plain.includes('百') ? digit(parts[1], 1) : 0
  const tens = parts[3] ? digit(parts[2], 1) : 0
  return hundreds * 100 + tens * 10 + digit(parts[4], 0)
}

/** 2 → 二, 12 → 十二, 21 → 二十一, as floors are spoken; 1 to 99. */
export function spokenNumber(value: number): string {
  if (value < 10) return SPOKEN[value] ?? String(value)
  if (value > 99) return String(value)
  const tens = Math.floor(value / 10)
  const ones = value % 10
  return `${tens === 1 ? '' : SPOKEN[tens]}十${ones === 0 ? '' : SPOKEN[ones]}`
}

/** 三〇二 → 302 inside a label: three or more Chinese digits in a row are a room number read out. */
export const withDigits = (text: string): string =>
  text.replace(/[〇零一二三四五六七八九]{3,4}/gu, (run) => String(readNumber(run) ?? run))
