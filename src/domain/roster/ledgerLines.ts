import { isMatrixFloor, matrixSuffix, roleOfHeader } from './columnRoles.ts'
import { readFloor } from './floors.ts'
import { squeezed } from './halfWidth.ts'
import { numberedStairwell } from './placeNames.ts'
import type { LedgerRow } from './cellText.ts'

/** Lines that close a page or a building: they count doors and are none. */
const TOTAL = /^(?:本页|本栋|本梯|本单元|本层|全部|户数|总|.{0,6}?)?(?:小计|合计|总计|共计|累计|总数|总户数)/u
const COUNT = /^(?:共|总共|合共|总户数|户数)[:：]?\d+(?:户|套|间|铺)?/u
const FOOTER =
  /^\(?(?:以下空白|以下无正文|此页空白|填表人?|填报人?|填表日期|填表单位|填报单位|制表人?|制表日期|制表单位|审核人?|审批|复核人?|经办人?|负责人|社区负责人|统计人|调查人|核查人|录入人|单位盖章|单位\(?盖章|\(?盖章|公章|第\d+页|共\d+页|注\d?:|备注:|说明:|填写说明|填表说明|打印日期|统计日期|截至|资料来源|数据来源|\*注)/u
const HINT =
  /^(?:必填|选填|可空|可不填|按需|非必填|如[:：,，]|例[:：如]|示例[:：]?$|格式[:：]|填写|请填|请选择|下拉|文本|数字|字符)/u

/** The cells of a line that hold anything. */
export const filledTexts = (row: LedgerRow): string[] =>
  row.cells.map((cell) => squeezed(cell.text)).filter((text) => text !== '')

/** 小计, 合计 and counts. A remark that merely says 合计 beside a room doesn't make its line a total. */
export function closingKind(
  row: LedgerRow,
  noteColumns: ReadonlySet<number>,
  roomIsEmpty: boolean,
): 'total' | 'footer' | undefined {
  const filled = filledTexts(row)
  // 合 and 计 in cells of their own, as in a table that was drawn by hand.
  if ([...(filled[0] ?? '')].length === 1 && TOTAL.test(`${filled[0]}${filled[1] ?? ''}`)) return 'total'
  for (const [column, cell] of row.cells.entries()) {
    const text = squeezed(cell.text)
    if (text === '' || (noteColumns.has(column) && !roomIsEmpty)) continue
    if (TOTAL.test(text) || (COUNT.test(text) && roomIsEmpty)) return 'total'
    if (FOOTER.test(text)) return 'footer'
  }
  return undefined
}

/** The line of 必填 and 可空 under a header, or of an example to follow. */
export function isHintLine(row: LedgerRow): boolean {
  const filled = filledTexts(row)
  if (filled.length === 0) return false
  const hints = filled.filter((text) => HINT.test(text)).length
  return hints >= 2
    ? hints * 2 >= filled.length
    : hints === 1 && filled.length <= 2 && /^(?:例|示例|填写|请)/u.test(filled[0] ?? '')
}

const PLACES: ReadonlySet<string> = new Set([
  'building',
  'block',
  'stairwell',
  'floor',
  'room',
  'doorplate',
  'street',
  'unit',
  'address',
  'estate',
])

/** 1楼, 二层, 首层 as the header of a column of rooms. */
export const isFloorHeader = (text: string): boolean =>
  /[层楼F]$/u.test(squeezed(text)) && !/号楼$/u.test(squeezed(text)) && readFloor(text) !== undefined

/** 一单元, B梯 as the header of a column of rooms. */
export const isStairwellHeader = (text: string): boolean =>
  /(?:单元|梯)$/u.test(squeezed(text)) && (numberedStairwell(text)?.word ?? '') !== ''

/** True for a line of column headers: two known words, one of them a place; or one such word alone in its line. */
export function isHeaderLine(row: LedgerRow): boolean {
  const roles = row.cells.map((cell) => roleOfHeader(cell.text))
  const known = roles.filter((role) => role !== 'unknown')
  const places = known.filter((role) => PLACES.has(role))
  const filled = filledTexts(row)
  if (isMatrixHeader(row)) return true
  if (places.length === 0) return false
  const across = (isAcross: (text: string) => boolean) => row.cells.filter((cell) => isAcross(cell.text)).length >= 2
  if (places.includes('building') && (across(isFloorHeader) || across(isStairwellHeader))) return true
  if (filled.length === 1) return places.length === 1 && ['room', 'address', 'doorplate'].includes(places[0] ?? '')
  return known.length >= 2 && known.length * 2 >= filled.length
}

/** A line of floors against suffixes: 楼层, 01, 02, 03. */
export function isMatrixHeader(row: LedgerRow): boolean {
  const suffixes = row.cells.filter((cell) => matrixSuffix(cell.text) !== undefined).length
  const floors = row.cells.filter((cell) => roleOfHeader(cell.text) === 'floor' || isMatrixFloor(cell.text)).length
  return suffixes >= 2 && floors === 1
}

/** The lower line of a header whose places stand in the line above: '', '', '', 姓名, 电话. */
export function isSubHeader(row: LedgerRow): boolean {
  const filled = filledTexts(row)
  return filled.length > 0 && filled.every((text) => roleOfHeader(text) !== 'unknown')
}
