import type { LedgerCell, LedgerRow } from './cellText.ts'
import type { ColumnRole } from './columnRoles.ts'
import { roleOfHeader } from './columnRoles.ts'
import type { DraftDoor } from './draftDoor.ts'
import type { LedgerTable } from './findTables.ts'
import type { PlaceName } from './placeNames.ts'
import { isBlank } from './placeNames.ts'
import type { RosterAnswer, RosterAsk, RosterWhy } from './rosterShapes.ts'

/** What is filled down from the lines above. */
export interface Standing {
  estate: string
  building: PlaceName
  stairwell: PlaceName
  floor: string
  /** The estate of titles and headings, to which an address of a street number returns. */
  titleEstate: string
}

/** What the lines of one table gave. A question here has no proposal; a door that asks carries its own. */
export interface ReadLines {
  drafts: DraftDoor[]
  questions: Map<number, { value: string; ask: RosterAsk }>
  skipped: { row: number; why: RosterWhy }[]
}

/** Everything the reading of one line needs besides the line. */
export interface LineContext {
  table: LedgerTable
  tableNumber: number
  state: Standing
  /** A blank stairwell beside a written building means the one above, as in a merged column. */
  fillsStairwell: boolean
  /** Only a table that has floors of its own fills them down. */
  hasFloorColumn: boolean
  /** The table has rooms of its own, so a line without one is incomplete and no whole house. */
  hasRoomColumn: boolean
  words: { building: string; stairwell: string }
  read: ReadLines
  answerTo: (row: number) => RosterAnswer | undefined
}

export const EMPTY_CELL: LedgerCell = { text: '' }

export const columnsOf = (table: LedgerTable, role: ColumnRole): number[] =>
  table.roles.flatMap((found, column) => (found === role ? [column] : []))

/** The column of a role that belongs to a room column: the only one, or in a ledger of repeated groups the nearest left. */
function columnFor(table: LedgerTable, role: ColumnRole, room: number): number | undefined {
  const columns = columnsOf(table, role)
  if (columns.length <= 1) return columns[0]
  const left = columns.filter((column) => column <= room)
  return left.length > 0 ? left[left.length - 1] : columns[0]
}

/** The cell of a role that belongs to a room column; an empty one where it says 无 or a dash. */
export function cellAt(table: LedgerTable, row: LedgerRow, role: ColumnRole, room: number): LedgerCell {
  const column = columnFor(table, role, room)
  const cell = column === undefined || column === room ? undefined : row.cells[column]
  // A header merged down into the doors is no place of theirs.
  const isHeader = role !== 'kind' && roleOfHeader(cell?.text ?? '') !== 'unknown'
  return cell === undefined || isHeader || isBlank(cell.text) ? EMPTY_CELL : cell
}

export function skipLine(context: LineContext, row: number, why: RosterWhy): void {
  context.read.skipped.push({ row, why })
}

/** One question a line is enough: its answer replaces the whole room cell. */
export function askAbout(context: LineContext, row: number, value: string, ask: RosterAsk): void {
  if (!context.read.questions.has(row)) context.read.questions.set(row, { value, ask })
}
