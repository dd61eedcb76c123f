import { squeezed } from './halfWidth.ts'
import { CHINESE_NUMBER, readNumber, spokenNumber } from './numerals.ts'

/** Floors with a name of their own: how they are written, how they are printed, where they lie. */
const NAMED: readonly { pattern: RegExp; print: string; level: number }[] = [
  { pattern: /^首[层楼]?$/u, print: '首层', level: 1 },
  { pattern: /^(?:地下|地铺|地面层?|底[层楼])$/u, print: '', level: 1 },
  { pattern: /^(?:G|GF|G\/F|G[层楼]|大堂层?)$/u, print: 'G', level: 1 },
  { pattern: /^(?:UG|UG[层楼])$/u, print: 'UG', level: 1.2 },
  { pattern: /^(?:LG|LG[层楼])$/u, print: 'LG', level: 0.5 },
  { pattern: /^架空[层楼]?$/u, print: '架空层', level: 1.3 },
  { pattern: /^[夹夾][层楼]?$/u, print: '夹层', level: 1.5 },
  { pattern: /^(?:MF?|M[层楼])$/u, print: 'M', level: 1.5 },
  { pattern: /^转换层$/u, print: '转换层', level: 1.6 },
  { pattern: /^(?:避难层|设备层)$/u, print: '', level: 90 },
  { pattern: /^阁楼[层]?$/u, print: '阁楼', level: 98 },
  { pattern: /^顶[层楼]$/u, print: '', level: 99 },
  { pattern: /^(?:天台|天面|楼顶|屋面|天棚)[层]?$/u, print: '', level: 100 },
  { pattern: /^(?:RF?|R[层楼])$/u, print: 'R', level: 100 },
  { pattern: /^(?:地下室|半地下室?)$/u, print: '', level: -1 },
]

const BELOW = new RegExp(`^(?:负|地下|-)(${CHINESE_NUMBER}|\\d{1,2})[层楼F]?$`, 'u')
const NUMBERED = new RegExp(
  `^(?:第|F)?(${CHINESE_NUMBER}|\\d{1,3})([A-EGH])?(?:\\.0+)?(?:/F|[层楼F]|层楼|楼层|/\\d{1,2}层?)?(?:\\(.*\\))?$`,
  'u',
)
const LONGEST_FLOOR = 120

/** A floor as it is printed: 2层, 二楼, F2 and ２ → 2; 3a层 → 3A; 负1层 → 负一层; 首层, 天台 and the like by name. */
export function readFloor(cell: string): string | undefined {
  const text = squeezed(cell).toUpperCase()
  if (text === '') return undefined
  const named = NAMED.find(({ pattern }) => pattern.test(text))
  if (named)
    return named.print === ''
      ? text.replace(/层$/u, (tail) => (/^(?:顶|避难|设备|底)层$/u.test(text) ? tail : ''))
      : named.print
  const below = BELOW.exec(text)
  if (below) return `负${spokenNumber(readNumber(below[1] ?? '') ?? 1)}层`
  const basement = /^B(\d{1,2})(?:F|层|楼)?$/u.exec(text)
  if (basement) return `B${Number(basement[1])}`
  const numbered = NUMBERED.exec(text)
  const number = readNumber(numbered?.[1] ?? '')
  if (!numbered || number === undefined || number === 0 || number > LONGEST_FLOOR) return undefined
  return `${number}${numbered[2] ?? ''}`
}

/** The floors printed by number, with or without a letter: 3, 12A. */
export const isNumberedFloor = (floor: string): boolean => /^\d{1,3}[A-H]?$/u.test(floor)

/**
 * Where a printed floor lies; levels only sort. 3A is 3.5 and 12B 12.6, a basement is negative, the roof 100.
 * Undefined where the label says nothing about its height.
 */
export function floorLevel(floor: string): number | undefined {
  const text = squeezed(floor).toUpperCase()
  const numbered = /^(\d{1,3})([A-H])?$/u.exec(text)
  if (numbered) return Number(numbered[1]) + (numbered[2] ? (5 + numbered[2].charCodeAt(0) - 65) / 10 : 0)
  const below = BELOW.exec(text)
  if (below) return -(readNumber(below[1] ?? '') ?? 1)
  const basement = /^B(\d{1,2})$/u.exec(text)
  if (basement) return -Number(basement[1])
  return NAMED.find(({ pattern }) => pattern.test(text))?.level
}

/** The name a floor has in front of 左 or 全层: 2 → 二楼, 首层 → 首层, 3A → 3A. */
export function spokenFloor(floor: string): string {
  return /^\d{1,2}$/u.test(floor) ? `${spokenNumber(Number(floor))}楼` : floor
}

/** The floor that a printed label tells by itself: 1203 → 12, 3A01 → 3A, 103A → 1, E201 → 2, 二楼左 → 2, 天台01 → 天台. */
export function floorOfLabel(label: string): string | undefined {
  const text = squeezed(label)
    .toUpperCase()
    .replace(/(\d|[A-Z])(?:[左右中前后东南西北上下]|\([^()]*\)|之[一二三四五六\d])$/u, '$1')
    .replace(/^(?:[左右前后东西南北]座|复式)(?=\d)/u, '')
  const digits = /^(?:[A-Z]{1,2}-?)?(\d{1,2})(\d{2})(?:[A-Z]|-\d{1,2})?$/u.exec(text)
  const basement = /^(B\d|LG|UG|G|M|R)-?\d{2}[A-Z]?$/u.exec(text)
  if (basement) return readFloor(basement[1] ?? '')
  if (digits && Number(digits[1]) > 0) return String(Number(digits[1]))
  const lettered = /^(\d{1,2}[A-H])-?\d{2}[A-Z]?$/u.exec(text)
  if (lettered) return readFloor(lettered[1] ?? '')
  const small = /^(\d{1,2})(?:[A-Z]|-\d{1,2})$/u.exec(text)
  if (small && Number(small[1]) > 0) return String(Number(small[1]))
  const spoken = new RegExp(`^((?:第)?(?:${CHINESE_NUMBER}|\\d{1,2})[楼层]|负${CHINESE_NUMBER}[层楼])`, 'u').exec(text)
  if (spoken) return readFloor(spoken[1] ?? '')
  const word = /^(首层|地下室|地下|架空层|夹层|天台|天面|楼顶|阁楼|顶楼|顶层)/u.exec(text)
  return word ? readFloor(word[1] ?? '') : undefined
}
