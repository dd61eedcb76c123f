import { halfWidth, printed, squeezed } from './halfWidth.ts'
import { CHINESE_NUMBER, readNumber, spokenNumber } from './numerals.ts'

/**
 * The name of a building or a stairwell before the whole ledger has been seen. A numbered one keeps its stem (2, A) and
 * the ledger's word for it (栋, #, ''), because 2#, 二栋 and 2号楼 in one ledger are one building. Any other is its text.
 */
export interface PlaceName {
  stem: string
  word: string
  tail: string
}

export const NOWHERE: PlaceName = { stem: '', word: '', tail: '' }

/** 2, 12A, A, C12 or a number in Chinese in front of 栋, 梯 and the like. */
export const STEM = `(?:\\d{1,3}[A-Z]?|[A-Z]\\d{0,2}|${CHINESE_NUMBER})`
const BUILDING = new RegExp(
  `^第?(${STEM})(栋楼|楼栋|号楼|号栋|栋|幢|座|楼|#楼|#)?(\\([^()]*\\)|[前后左右东西南北中]座)?$`,
  'u',
)
const STAIRWELL = new RegExp(
  `^第?(${STEM}|[甲乙丙丁戊])(号楼梯|号梯|号单元|梯口|梯位|楼梯|单元|门洞|梯|门|座|#)?$`,
  'u',
)
const BUILDING_WORDS: Readonly<Record<string, string>> = { 栋楼: '栋', 楼栋: '栋', 号栋: '栋', '#楼': '#', 楼: '号楼' }
const STAIRWELL_WORDS: Readonly<Record<string, string>> = {
  号楼梯: '梯',
  号梯: '梯',
  梯口: '梯',
  梯位: '梯',
  楼梯: '梯',
  号单元: '单元',
  门洞: '门',
}

/** Numbers lose their zeros and Chinese digits, letters stay. */
const stemOf = (text: string): string => {
  const number = readNumber(text)
  return number === undefined ? text : String(number)
}

function nameBy(pattern: RegExp, words: Readonly<Record<string, string>>, cell: string): PlaceName | undefined {
  const text = squeezed(cell).toUpperCase().replace(/\.0+$/u, '')
  const found = pattern.exec(text)
  if (!found?.[1]) return undefined
  const word = found[2] ?? ''
  return { stem: stemOf(found[1]), word: words[word] ?? word, tail: printed(found[3] ?? '') }
}

/** 二栋, 2 栋, 2#, 2号楼, A座, 5栋（后座）; undefined for a name of another make (综合楼, 华兴路21号). */
export const numberedBuilding = (cell: string): PlaceName | undefined => nameBy(BUILDING, BUILDING_WORDS, cell)

/** A梯, 1 单元, 一单元, 2; undefined for a name of another make (东梯, 内楼梯). */
export const numberedStairwell = (cell: string): PlaceName | undefined => nameBy(STAIRWELL, STAIRWELL_WORDS, cell)

/** A name that is no number: kept as printed, 之1 written 之一. */
export function namedPlace(cell: string): PlaceName {
  const text = halfWidth(cell)
    .replace(/ /gu, '')
    .replace(/之(\d{1,2})(?!\d)/gu, (_, digits: string) => `之${spokenNumber(Number(digits))}`)
  return { stem: printed(text.toUpperCase()), word: '=', tail: '' }
}

/** One cell that holds nothing: -, /, 无. */
export const isBlank = (text: string): boolean =>
  /^(?:[-/\\.*]*|无|空|暂无|没有|N\/A|NULL|NONE|0)$/iu.test(squeezed(text))

/** Buildings with the same key in one estate are one building, whatever word the line used. */
export const placeKey = (place: PlaceName): string =>
  `${place.word === '=' ? '=' : place.word === '座' ? '座' : '#'}${place.stem}${place.tail}`

export const isNowhere = (place: PlaceName): boolean => place.stem === ''

/** How a settled name is printed. */
export const printPlace = (place: PlaceName): string =>
  place.stem === '' ? '' : place.word === '=' ? place.stem : `${place.stem}${place.word}${place.tail}`
