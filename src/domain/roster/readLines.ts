import type { LedgerRow } from './cellText.ts'
import type { ColumnRole } from './columnRoles.ts'
import { buildingWord, stairwellWord } from './columnRoles.ts'
import type { LedgerTable } from './findTables.ts'
import { squeezed } from './halfWidth.ts'
import { closingKind, filledTexts, isHintLine } from './ledgerLines.ts'
import type { LineContext, ReadLines, Standing } from './lineContext.ts'
import { askAbout, cellAt, columnsOf, EMPTY_CELL, skipLine } from './lineContext.ts'
import { dateInPlaces, moveTo, readPlaces } from './linePlaces.ts'
import { looksPersonal } from './personalText.ts'
import { isBlank, NOWHERE, numberedBuilding, numberedStairwell, placeKey } from './placeNames.ts'
import { readDoors } from './readDoors.ts'
import { readMatrixLine } from './readMatrix.ts'
import { readHeading, readTitle } from './readTitle.ts'
import { splitAddress } from './splitAddress.ts'
import type { RosterAnswer } from './rosterShapes.ts'

/** The room columns of a table: 房号 first, whole addresses where there is none. */
function roomColumns(table: LedgerTable): number[] {
  const rooms = columnsOf(table, 'room')
  return rooms.length > 0 ? rooms : columnsOf(table, 'address').slice(0, 1)
}

const isFilled = (row: LedgerRow, column: number): boolean => !isBlank(row.cells[column]?.text ?? '')

/** Whether a blank stairwell beside a written building means the one above: so where most lines leave it blank. */
function fillsStairwell(table: LedgerTable): boolean {
  const building = table.roles.indexOf('building')
  const stairwell = table.roles.indexOf('stairwell')
  if (building < 0 || stairwell < 0) return false
  const keyAt = (row: LedgerRow) => {
    const text = row.cells[building]?.text ?? ''
    const name = numberedBuilding(text)
    return name ? placeKey(name) : squeezed(text)
  }
  const rows = table.rows.filter((row) => isFilled(row, building))
  const named = rows.filter((row) => isFilled(row, stairwell))
  const withStairwell = new Set(named.map(keyAt))
  return rows.filter((row) => withStairwell.has(keyAt(row))).length > named.length * 2
}

/** What the sheet's name and the titles above the header say, over what the table before left standing. */
function standingFrom(table: LedgerTable, above: Standing | undefined): Standing {
  const state: Standing = above
    ? { ...above, floor: '' }
    : { estate: '', building: NOWHERE, stairwell: NOWHERE, floor: '', titleEstate: '' }
  for (const text of above ? table.titles : [table.sheet.name, ...table.titles]) {
    if (looksPersonal(text)) continue
    const title = readTitle(text)
    moveTo(state, { ...title, estate: title.estate ?? '' })
  }
  state.titleEstate = state.estate
  return state
}

const hasStreet = (text: string): boolean => splitAddress(text).building?.word === '='

/** A line with one filled cell that names a place for the lines under it. False where the cell is a room of its own. */
function readLoneCell(context: LineContext, states: readonly Standing[], row: LedgerRow): boolean {
  const filled = [...row.cells.entries()].filter(([, cell]) => cell.text !== '')
  const [column, cell] = filled[0] ?? [0, EMPTY_CELL]
  if (cell.text === '' || filled.some(([, other]) => other.text !== cell.text)) return false
  if (context.table.suffixes.has(column)) return false
  const role = context.table.roles[column] ?? 'unknown'
  const isDoorLine = role === 'address' || (role === 'room' && !context.hasRoomColumn && hasStreet(cell.text))
  const heading = role === 'note' || role === 'personal' || isDoorLine ? undefined : readHeading(cell.text)
  if (heading && !(heading.floor !== undefined && role === 'room')) {
    for (const state of states) {
      moveTo(state, { ...heading, estate: heading.estate ?? '' })
      if (heading.floor !== undefined) state.floor = heading.floor
      state.titleEstate = state.estate
    }
    return true
  }
  if (['room', 'address', 'building', 'stairwell', 'floor', 'estate'].includes(role)) return false
  skipLine(context, row.line, { code: 'notADoor' })
  return true
}

function readRoomCell(context: LineContext, row: LedgerRow, room: number): void {
  const { table } = context
  const cell = isFilled(row, room) ? (row.cells[room] ?? EMPTY_CELL) : EMPTY_CELL
  const dated = dateInPlaces(table, row, room)
  if (dated?.date && typeof context.answerTo(row.line) !== 'object')
    return askAbout(context, row.line, dated.text, { code: 'dateLike', ...dated.date })
  const places = readPlaces(table, row, room)
  const across = numberedStairwell(table.stairwells.get(room) ?? '')
  if (across) places.stairwell = across
  moveTo(context.state, places)
  const floor = cellAt(table, row, 'floor', room)
  const notes = columnsOf(table, 'note').map((column) => row.cells[column]?.text ?? '')
  readDoors(context, {
    row,
    cell,
    places,
    floorText: table.floors.get(room) ?? (floor.date ? '' : floor.text),
    kindText: cellAt(table, row, 'kind', room).text,
    noteText: notes.filter((note) => note !== '').join('，'),
  })
}

const PLACE_ROLES: ReadonlySet<ColumnRole> = new Set([
  'estate',
  'building',
  'stairwell',
  'street',
  'floor',
  'room',
  'address',
  'kind',
])

interface TableShape {
  rooms: readonly number[]
  notes: ReadonlySet<number>
  /** Side by side groups with buildings of their own are filled down each by itself. */
  stateOf: (room: number) => Standing
  states: readonly Standing[]
}

function readLine(context: LineContext, row: LedgerRow, shape: TableShape): void {
  const { table } = context
  if (filledTexts(row).length === 0 || isHintLine(row)) return
  const full = shape.rooms.filter((column) => isFilled(row, column))
  const closing = closingKind(row, shape.notes, full.length === 0)
  if (closing) return skipLine(context, row.line, { code: closing })
  if (context.answerTo(row.line) === 'skip') return skipLine(context, row.line, { code: 'answered' })
  if (readLoneCell(context, shape.states, row)) return
  if (table.suffixes.size > 0) return readMatrixLine(context, row)
  const places = row.cells.some((cell, column) => cell.text !== '' && PLACE_ROLES.has(table.roles[column] ?? 'unknown'))
  if (full.length === 0 && !places) return skipLine(context, row.line, { code: 'noRoom' })
  for (const room of full.length > 0 ? full : shape.rooms.slice(0, 1))
    readRoomCell({ ...context, state: shape.stateOf(room) }, row, room)
}

function headerOf(table: LedgerTable, role: ColumnRole): string {
  const column = table.roles.indexOf(role)
  return column < 0 ? '' : (table.headers[column] ?? '')
}

/** Reads every line of one table, filling down from line to line. `above` is where the table before it on the sheet ended. */
export function readLines(
  table: LedgerTable,
  tableNumber: number,
  answerTo: (row: number) => RosterAnswer | undefined,
  above: Standing | undefined,
): { read: ReadLines; end: Standing } {
  const read: ReadLines = { drafts: [], questions: new Map(), skipped: [] }
  const state = standingFrom(table, above)
  const words = {
    building: buildingWord(headerOf(table, 'building')),
    stairwell: stairwellWord(headerOf(table, 'stairwell')),
  }
  const rooms = roomColumns(table)
  const hasRoomColumn = table.headers.some((header, column) => table.roles[column] === 'room' && !/门牌/u.test(header))
  const context: LineContext = {
    table,
    tableNumber,
    state,
    fillsStairwell: fillsStairwell(table),
    hasFloorColumn: table.roles.includes('floor'),
    hasRoomColumn,
    words,
    read,
    answerTo,
  }
  if (rooms.length === 0 && table.suffixes.size === 0) {
    const counts = table.roles.some((role) => role === 'building' || role === 'floor')
    if (table.rows.some((row) => filledTexts(row).length > 0))
      skipLine(context, table.headerLine, { code: counts ? 'noRoomColumn' : 'notADoor' })
    return { read, end: state }
  }
  const groups =
    columnsOf(table, 'building').length > 1 ||
    columnsOf(table, 'stairwell').length > 1 ||
    columnsOf(table, 'floor').length > 1
  const own = new Map(rooms.map((room) => [room, groups ? { ...state } : state]))
  const shape: TableShape = {
    rooms,
    notes: new Set(columnsOf(table, 'note')),
    stateOf: (room) => own.get(room) ?? state,
    states: [...new Set([state, ...own.values()])],
  }
  for (const row of table.rows) readLine(context, row, shape)
  return { read, end: state }
}
