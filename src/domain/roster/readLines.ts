import type { ColumnRole } from './columnRoles.ts'
import { buildingWord, stairwellWord } from './columnRoles.ts'
import type { LedgerCell, LedgerRow } from './cellText.ts'
import { kindFromWords, readKind } from './doorKind.ts'
import type { DraftDoor } from './draftDoor.ts'
import type { LedgerTable } from './findTables.ts'
import { floorOfLabel, readFloor } from './floors.ts'
import { printed, squeezed } from './halfWidth.ts'
import { closingKind, filledTexts, isHintLine } from './ledgerLines.ts'
import { looksPersonal } from './personalText.ts'
import { physicalNote } from './physicalNote.ts'
import type { PlaceName } from './placeNames.ts'
import { isBlank, namedPlace, NOWHERE, numberedBuilding, numberedStairwell, placeKey } from './placeNames.ts'
import type { RoomPart } from './readRoom.ts'
import { readRoom } from './readRoom.ts'
import { readHeading, readTitle } from './readTitle.ts'
import type { RosterAnswer, RosterAsk, RosterKind, RosterWhy } from './rosterShapes.ts'
import type { SplitAddress } from './splitAddress.ts'
import { hasPlace, plainEstate, splitAddress } from './splitAddress.ts'

/** A question before its proposal has settled. */
export interface DraftQuestion {
  sheet: number
  row: number
  value: string
  ask: RosterAsk
}

/** What the lines of one table gave. */
export interface ReadLines {
  drafts: DraftDoor[]
  questions: DraftQuestion[]
  skipped: { sheet: number; row: number; why: RosterWhy }[]
}

/** What is filled down from the lines above. */
interface Standing {
  estate: string
  building: PlaceName
  stairwell: PlaceName
  floor: string
}

interface LineContext {
  table: LedgerTable
  number: number
  state: Standing
  /** A blank stairwell beside a written building means the one above, as in a merged column. */
  fillsStairwell: boolean
  words: { building: string; stairwell: string }
  read: ReadLines
  answers: ReadonlyMap<number, RosterAnswer>
  keyOf: (row: number) => number
}

const columnsOf = (table: LedgerTable, role: ColumnRole): number[] =>
  table.roles.flatMap((found, column) => (found === role ? [column] : []))

/** The column of a role that belongs to a room column: the only one, or in a ledger of repeated groups the nearest left. */
function columnFor(table: LedgerTable, role: ColumnRole, room: number): number | undefined {
  const columns = columnsOf(table, role)
  if (columns.length <= 1) return columns[0]
  const left = columns.filter((column) => column <= room)
  return left.length > 0 ? left[left.length - 1] : columns[0]
}

const EMPTY: LedgerCell = { text: '' }

function cellAt(table: LedgerTable, row: LedgerRow, role: ColumnRole, room: number): LedgerCell {
  const column = columnFor(table, role, room)
  const cell = column === undefined ? undefined : row.cells[column]
  return cell === undefined || isBlank(cell.text) ? EMPTY : cell
}

/** The building named by a cell, with whatever else stands in it. */
function readPlaceCell(cell: string): SplitAddress {
  const plain = numberedBuilding(cell)
  if (plain) return { estate: '', building: plain, floor: '', room: '' }
  const pair = /^(\d{1,3})-(\d{1,2}|[A-Z])$/u.exec(squeezed(cell).toUpperCase())
  if (pair)
    return {
      estate: '',
      building: { stem: String(Number(pair[1])), word: '', tail: '' },
      stairwell: numberedStairwell(pair[2] ?? '') ?? NOWHERE,
      floor: '',
      room: '',
    }
  const address = splitAddress(cell)
  return address.building || address.stairwell
    ? address
    : { estate: '', building: namedPlace(cell), floor: '', room: '' }
}

interface LinePlaces {
  estate: string
  building?: PlaceName
  stairwell?: PlaceName
  floor: string
  room: string
}

/** Joins the estate, building, stairwell and address cells of a line; what a cell says itself beats the address. */
function readPlaces(table: LedgerTable, row: LedgerRow, room: number): LinePlaces {
  const text = (role: ColumnRole) => cellAt(table, row, role, room).text
  const places: LinePlaces = { estate: printed(squeezed(text('estate'))), floor: '', room: '' }
  const take = (found: SplitAddress) => {
    if (places.estate === '') places.estate = found.estate
    places.building ??= found.building
    places.stairwell ??= found.stairwell
    if (places.floor === '') places.floor = found.floor
    if (places.room === '') places.room = found.room
  }
  const stairwell = text('stairwell')
  if (text('building') !== '') take(readPlaceCell(text('building')))
  if (stairwell !== '') {
    const plain = numberedStairwell(stairwell)
    const split = plain ? undefined : splitAddress(stairwell)
    if (split?.building && split.stairwell) take(split)
    else places.stairwell = plain ?? namedPlace(stairwell)
  }
  const address = text('address')
  if (address !== '' && columnFor(table, 'address', room) !== room) {
    const split = splitAddress(address)
    if (split.building || split.stairwell) take(split)
  }
  return places
}

const samePlace = (one: PlaceName, other: PlaceName): boolean => placeKey(one) === placeKey(other)

/** A new estate or building ends what was filled down under the old one. */
function moveTo(state: Standing, places: LinePlaces): void {
  if (places.estate !== '' && plainEstate(places.estate) !== plainEstate(state.estate)) {
    const moved = state.estate !== ''
    state.estate = places.estate
    if (moved) Object.assign(state, { building: NOWHERE, stairwell: NOWHERE, floor: '' })
  }
  if (places.building && !samePlace(places.building, state.building))
    Object.assign(state, { building: places.building, stairwell: NOWHERE, floor: '' })
  if (places.stairwell && !samePlace(places.stairwell, state.stairwell))
    Object.assign(state, { stairwell: places.stairwell, floor: '' })
}

interface OneLine {
  row: LedgerRow
  room: number
  cell: LedgerCell
  places: LinePlaces
  floorText: string
  kindText: string
  noteText: string
}

const isNumbered = (floor: string): boolean => /^\d/u.test(floor)

/** The stairwell of a door whose line names none. */
function stairwellOf(context: LineContext, line: OneLine, floor: string, kind: RosterKind): PlaceName {
  const { state, fillsStairwell } = context
  if (line.places.stairwell) return line.places.stairwell
  if (!line.places.building) return state.stairwell
  const usual = kind === 'home' && (isNumbered(floor) || floor === '')
  return fillsStairwell && usual ? state.stairwell : NOWHERE
}

/** The floor of a door: its own cell, its label, the line's address, and only then the line above. */
function floorOf(context: LineContext, part: RoomPart, ownFloor: string): string {
  if (part.floor !== undefined) return part.floor
  if (ownFloor !== '') return ownFloor
  return floorOfLabel(part.label) ?? context.state.floor
}

function draftOf(
  context: LineContext,
  line: OneLine,
  part: RoomPart,
  ownFloor: string,
  remark: string,
  split: SplitAddress | undefined,
): DraftDoor {
  const kindCell = readKind(line.kindText)
  const words = kindFromWords(part.label) ?? kindFromWords(line.noteText) ?? kindFromWords(remark)
  const kind = kindCell ?? words ?? 'home'
  const floor = floorOf(context, part, ownFloor)
  const building =
    part.building === undefined ? context.state.building : (numberedBuilding(part.building) ?? context.state.building)
  const stairwell = split?.building
    ? (split.stairwell ?? NOWHERE)
    : (split?.stairwell ?? stairwellOf(context, line, floor, kind))
  const note = [
    physicalNote(line.noteText),
    physicalNote(remark),
    physicalNote(/空置|闲置/u.test(line.kindText) ? '空置' : ''),
  ]
  const draft: DraftDoor = {
    sheet: context.table.sheet.index,
    row: line.row.line,
    table: context.number,
    estate: context.state.estate,
    building,
    stairwell,
    stairwellIsOwn: line.places.stairwell !== undefined || split?.stairwell !== undefined,
    lead: part.lead ?? '',
    floor: floor === '' && kind === 'shop' ? '首层' : floor,
    label: part.label,
    bare: part.bare,
    kind,
    note: [...new Set(note.filter((text) => text !== ''))].join('，'),
    value: line.cell.text,
    words: context.words,
  }
  if (part.ask) draft.ask = part.ask
  if (part.zeroed !== undefined) draft.zeroed = part.zeroed
  return draft
}

const skip = (context: LineContext, row: number, why: RosterWhy) =>
  context.read.skipped.push({ sheet: context.table.sheet.index, row, why })

function ask(context: LineContext, row: number, value: string, question: RosterAsk): void {
  if (context.read.questions.some((found) => found.row === row && found.sheet === context.table.sheet.index)) return
  context.read.questions.push({ sheet: context.table.sheet.index, row, value, ask: question })
}

/** Reads the doors of one line's one room cell. The places have been filled down already. */
function readDoors(context: LineContext, line: OneLine): void {
  const answer = context.answers.get(context.keyOf(line.row.line))
  const typed = typeof answer === 'object' ? answer.text : undefined
  const trusted = typed !== undefined
  let text = typed ?? line.cell.text
  let split: SplitAddress | undefined
  if (text === '') text = line.places.room
  if (line.cell.date && !trusted)
    return ask(context, line.row.line, line.cell.text, { code: 'dateLike', ...line.cell.date })
  if (looksPersonal(text)) return void skip(context, line.row.line, { code: 'personal' })
  if (
    text === '' &&
    line.places.building &&
    line.places.floor === '' &&
    /整栋|独门独院|独户|独栋/u.test(line.noteText + line.kindText)
  )
    text = '整栋'
  if (text === '') return void skip(context, line.row.line, { code: 'noRoom' })
  if (hasPlace(text) && !/^[A-H]座$/iu.test(squeezed(text))) {
    split = splitAddress(text)
    moveTo(context.state, { ...split })
    if (split.room === '') return void skip(context, line.row.line, { code: 'noRoom' })
    text = split.room
  }
  const ownFloor = readFloor(line.floorText) ?? readFloor(split?.floor ?? '') ?? readFloor(line.places.floor) ?? ''
  if (ownFloor !== '') context.state.floor = ownFloor
  const kind = readKind(line.kindText) ?? kindFromWords(line.noteText)
  const read = readRoom(text, {
    floor: ownFloor || context.state.floor,
    floorIsOwn: ownFloor !== '',
    isShop: kind === 'shop',
    trusted,
  })
  if (read.ask) return ask(context, line.row.line, text, read.ask)
  for (const part of read.parts) {
    if (part.label === '' && part.ask) {
      ask(context, line.row.line, line.cell.text || text, part.ask)
      continue
    }
    if (answer === 'accept' || trusted) delete part.ask
    const draft = draftOf(context, line, part, ownFloor, read.remark, split)
    context.read.drafts.push(draft)
    if (draft.floor !== '') context.state.floor = draft.floor
  }
}

const TICK = /^(?:[√✓✔○●是有1Y]|住宅?|住|自住|出租|空置|闲置)$/iu
const CROSS = /^(?:[×✕✗xX否N]|无|没有)$/iu

/** A cell of a matrix: a whole number is the label, any other sign of life makes floor and suffix a door. */
function matrixLabel(cell: string, suffix: string, floor: string): { label: string; note: string } | undefined {
  const text = squeezed(cell)
  if (text === '' || isBlank(text) || CROSS.test(text)) return undefined
  if (/^[A-Z]?\d{3,4}[A-Z]?(?:室|房)?$/iu.test(text) || /^\d{1,2}[A-Z]\d{0,2}$/iu.test(text))
    return { label: text, note: '' }
  const label = /^\d{1,2}$/u.test(suffix)
    ? `${floor}${suffix.padStart(2, '0')}`
    : /^[A-H]$/u.test(suffix)
      ? `${floor}${suffix}`
      : suffix
  return { label, note: TICK.test(text) || readKind(text) !== undefined ? text : '' }
}

function readMatrixLine(context: LineContext, row: LedgerRow): void {
  const { table } = context
  const first = [...table.suffixes.keys()][0] ?? 0
  const places = readPlaces(table, row, first)
  moveTo(context.state, places)
  const floorText = cellAt(table, row, 'floor', first).text
  const floor = readFloor(floorText) ?? ''
  if (floor === '') return void skip(context, row.line, { code: 'notADoor' })
  const cells = [...table.suffixes].flatMap(([column, suffix]) => {
    const found = matrixLabel(row.cells[column]?.text ?? '', suffix, floor)
    return found ? [found] : []
  })
  if (cells.length === 0) return void skip(context, row.line, { code: 'noRoom' })
  for (const { label, note } of cells)
    readDoors(context, {
      row,
      room: first,
      cell: { text: label },
      places,
      floorText,
      kindText: readKind(note) === undefined ? '' : note,
      noteText: note,
    })
}

/** A line with one filled cell that names a place for the lines under it. */
function readLoneCell(context: LineContext, row: LedgerRow): boolean {
  const filled = [...row.cells.entries()].filter(([, cell]) => cell.text !== '')
  const texts = new Set(filled.map(([, cell]) => cell.text))
  const first = filled[0]
  if (texts.size !== 1 || !first) return false
  const [column, cell] = first
  const role = context.table.roles[column] ?? 'unknown'
  if (context.table.suffixes.has(column)) return false
  const heading = readHeading(cell.text)
  if (heading && role !== 'note' && role !== 'personal' && !(heading.floor !== undefined && role === 'room')) {
    if (heading.floor !== undefined) context.state.floor = heading.floor
    moveTo(context.state, {
      estate: heading.estate ?? '',
      floor: '',
      room: '',
      ...(heading.building ? { building: heading.building } : {}),
      ...(heading.stairwell ? { stairwell: heading.stairwell } : {}),
    })
    return true
  }
  if (role === 'room' || role === 'address' || role === 'building') return false
  if (role === 'stairwell' || role === 'floor' || role === 'estate') return false
  skip(context, row.line, { code: 'notADoor' })
  return true
}

/** Places are dates too when Excel had its way with 3-2 in the column of buildings. */
function dateInPlaces(table: LedgerTable, row: LedgerRow, room: number): LedgerCell | undefined {
  for (const role of ['building', 'stairwell', 'floor'] as const) {
    const cell = cellAt(table, row, role, room)
    if (cell.date) return cell
  }
  return undefined
}

function readRoomCell(context: LineContext, row: LedgerRow, room: number): void {
  const { table } = context
  const cell = row.cells[room] === undefined || isBlank(row.cells[room].text) ? EMPTY : row.cells[room]
  const dated = dateInPlaces(table, row, room)
  if (dated?.date) return ask(context, row.line, dated.text, { code: 'dateLike', ...dated.date })
  const places = readPlaces(table, row, room)
  moveTo(context.state, places)
  const floorText = cellAt(table, row, 'floor', room).text
  const line: OneLine = {
    row,
    room,
    cell,
    places,
    floorText,
    kindText: cellAt(table, row, 'kind', room).text,
    noteText: columnsOf(table, 'note')
      .map((column) => row.cells[column]?.text ?? '')
      .filter((text) => text !== '')
      .join('，'),
  }
  readDoors(context, line)
}

const PLACE_ROLES: ReadonlySet<ColumnRole> = new Set([
  'estate',
  'building',
  'stairwell',
  'floor',
  'room',
  'address',
  'kind',
])

function readLine(context: LineContext, row: LedgerRow, rooms: readonly number[], notes: ReadonlySet<number>): void {
  const { table } = context
  if (filledTexts(row).length === 0 || isHintLine(row)) return
  const roomIsEmpty = rooms.every((column) => isBlank(row.cells[column]?.text ?? ''))
  const closing = closingKind(row, notes, roomIsEmpty)
  if (closing) return void skip(context, row.line, { code: closing })
  if (context.answers.get(context.keyOf(row.line)) === 'skip') return void skip(context, row.line, { code: 'answered' })
  if (readLoneCell(context, row)) return
  if (table.suffixes.size > 0) return readMatrixLine(context, row)
  const full = rooms.filter((column) => !isBlank(row.cells[column]?.text ?? ''))
  if (full.length > 0) return full.forEach((column) => readRoomCell(context, row, column))
  const says = row.cells.some((cell, column) => cell.text !== '' && PLACE_ROLES.has(table.roles[column] ?? 'unknown'))
  if (says) return readRoomCell(context, row, rooms[0] ?? 0)
  skip(context, row.line, { code: 'noRoom' })
}

/** Whether a blank stairwell beside a written building means the one above: so where most homes leave it blank. */
function fillsStairwell(table: LedgerTable): boolean {
  const building = table.roles.indexOf('building')
  const stairwell = table.roles.indexOf('stairwell')
  if (building < 0 || stairwell < 0) return false
  const withStairwell = new Set<string>()
  const rows = table.rows.filter((row) => !isBlank(row.cells[building]?.text ?? ''))
  const keyAt = (row: LedgerRow) => {
    const name = numberedBuilding(row.cells[building]?.text ?? '')
    return name ? placeKey(name) : squeezed(row.cells[building]?.text ?? '')
  }
  for (const row of rows) if (!isBlank(row.cells[stairwell]?.text ?? '')) withStairwell.add(keyAt(row))
  const relevant = rows.filter((row) => withStairwell.has(keyAt(row)))
  const blank = relevant.filter((row) => isBlank(row.cells[stairwell]?.text ?? '')).length
  return blank * 2 > relevant.length
}

/** The room columns of a table: 房号 first, whole addresses where there is none. */
function roomColumns(table: LedgerTable): number[] {
  const rooms = columnsOf(table, 'room')
  return rooms.length > 0 ? rooms : columnsOf(table, 'address').slice(0, 1)
}

function standingFrom(table: LedgerTable, above: Standing | undefined): Standing {
  const state: Standing = { estate: above?.estate ?? '', building: NOWHERE, stairwell: NOWHERE, floor: '' }
  for (const text of [table.sheet.name, ...table.titles]) {
    if (looksPersonal(text)) continue
    const title = readTitle(text)
    if (title.estate !== undefined) state.estate = title.estate
    if (title.building) Object.assign(state, { building: title.building, stairwell: NOWHERE })
    if (title.stairwell) state.stairwell = title.stairwell
  }
  return state
}

function headerOf(table: LedgerTable, role: ColumnRole): string {
  const column = table.roles.indexOf(role)
  return column < 0 ? '' : (table.headers[column] ?? '')
}

/** Reads every line of one table, filling down from line to line. `above` is where the table before it ended. */
export function readLines(
  table: LedgerTable,
  number: number,
  answers: ReadonlyMap<number, RosterAnswer>,
  keyOf: (row: number) => number,
  above: { estate: string } | undefined,
): ReadLines & { estate: string } {
  const read: ReadLines = { drafts: [], questions: [], skipped: [] }
  const state = standingFrom(
    table,
    above ? { estate: above.estate, building: NOWHERE, stairwell: NOWHERE, floor: '' } : undefined,
  )
  const words = {
    building: buildingWord(headerOf(table, 'building')),
    stairwell: stairwellWord(headerOf(table, 'stairwell')),
  }
  const context: LineContext = {
    table,
    number,
    state,
    fillsStairwell: fillsStairwell(table),
    words,
    read,
    answers,
    keyOf,
  }
  const rooms = roomColumns(table)
  if (rooms.length === 0 && table.suffixes.size === 0) {
    const counts = table.roles.some((role) => role === 'building' || role === 'floor')
    if (table.rows.some((row) => filledTexts(row).length > 0))
      skip(context, table.headerLine, { code: counts ? 'noRoomColumn' : 'notADoor' })
    return { ...read, estate: state.estate }
  }
  const notes = new Set(columnsOf(table, 'note'))
  for (const row of table.rows) readLine(context, row, rooms, notes)
  return { ...read, estate: state.estate }
}
