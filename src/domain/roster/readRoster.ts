import { readCells } from './cellText.ts'
import type { DraftDoor } from './draftDoor.ts'
import { findTables } from './findTables.ts'
import { normaliseLabel } from './normaliseLabel.ts'
import { looksPersonal, safeToShow } from './personalText.ts'
import { isNowhere, printPlace } from './placeNames.ts'
import type { Standing } from './lineContext.ts'
import { readLines } from './readLines.ts'
import { RosterProblem } from './RosterProblem.ts'
import type * as Shape from './rosterShapes.ts'
import { settleDrafts } from './settleDrafts.ts'

export type Cell = Shape.Cell
export type RosterRow = Shape.RosterRow
export type RosterMerge = Shape.RosterMerge
export type RosterSheet = Shape.RosterSheet
export type RosterDoor = Shape.RosterDoor
export type RosterQuestion = Shape.RosterQuestion
export type RosterAsk = Shape.RosterAsk
export type RosterAnswer = Shape.RosterAnswer
export type RosterReading = Shape.RosterReading

const MOST_ROWS = 50_000
const MOST_DOORS = 50_000
/** Rows of the second sheet and the next ones get keys of their own above this. */
const KEYS_PER_SHEET = 100_000

type Place = Pick<Shape.RosterDoor, 'row' | 'sheet'>

function placeOf(sheets: readonly Shape.RosterSheet[], sheet: number, row: number): Place {
  const name = sheets[sheet]?.name ?? ''
  return sheets.length > 1 ? { row, sheet: looksPersonal(name) ? `第${sheet + 1}张` : name } : { row }
}

function doorOf(draft: DraftDoor, place: Place): Shape.RosterDoor {
  const door: Shape.RosterDoor = {
    estate: draft.estate,
    building: printPlace(draft.building),
    stairwell: printPlace(draft.stairwell),
    floor: draft.floor,
    label: normaliseLabel(draft.label),
    kind: draft.kind,
    ...place,
  }
  return draft.note === '' ? door : { ...door, note: draft.note }
}

const identity = (door: Shape.RosterDoor): string => [door.estate, door.building, door.stairwell, door.label].join('\n')
const isPersonal = (door: Shape.RosterDoor): boolean =>
  [door.estate, door.building, door.stairwell, door.floor, door.label, door.note ?? ''].some(looksPersonal)

/** What a layout record can hold, in code points; a longer text is a sentence and no name. */
const LONGEST = { estate: 40, building: 40, stairwell: 20, floor: 10, label: 16 } as const
const isTooLong = (door: Shape.RosterDoor): boolean =>
  (Object.keys(LONGEST) as (keyof typeof LONGEST)[]).some((field) => [...door[field]].length > LONGEST[field])

/** The value of a question; hidden where it could be a person's name or number. */
const shown = (value: string): string => (safeToShow(value) ? value : '…')

/**
 * Turns the sheets of a ledger into doors, questions and skipped lines. Personal columns are dropped first and named.
 * `answers` holds the officer's answers by the question's key. Pure: the same sheets and answers give the same reading.
 * @throws RosterProblem `ledger_too_many_rows` above 50,000 lines or doors; nothing else.
 */
export function readRoster(
  sheets: readonly Shape.RosterSheet[],
  answers: ReadonlyMap<number, Shape.RosterAnswer> = new Map(),
): Shape.RosterReading {
  if (sheets.reduce((count, sheet) => count + sheet.rows.length, 0) > MOST_ROWS)
    throw new RosterProblem('ledger_too_many_rows')
  const reading: Shape.RosterReading = { doors: [], questions: [], skipped: [], ignoredColumns: [], hints: [] }
  const drafts: DraftDoor[] = []
  const questions = new Map<number, Shape.RosterQuestion>()
  const skips = new Map<string, { key: number; skip: Shape.RosterSkip }>()
  const keyOf = (sheet: number, row: number) => sheet * KEYS_PER_SHEET + row
  const skip = (sheet: number, row: number, why: Shape.RosterWhy) => {
    const key = keyOf(sheet, row)
    const told = `${key} ${why.code}`
    if (!skips.has(told)) skips.set(told, { key, skip: { ...placeOf(sheets, sheet, row), why } })
  }
  const question = (sheet: number, row: number, value: string, ask: Shape.RosterAsk, proposal?: Shape.RosterDoor) => {
    const key = keyOf(sheet, row)
    if (questions.has(key)) return
    const asked: Shape.RosterQuestion = { key, ...placeOf(sheets, sheet, row), value: shown(value), ask }
    questions.set(key, proposal ? { ...asked, proposal } : asked)
  }

  let tableNumber = 0
  for (const [index, sheet] of sheets.entries()) {
    const cells = readCells(sheet, index)
    const tables = findTables(cells)
    const filled = cells.rows.find((row) => row.cells.some((cell) => cell.text !== ''))
    if (tables.length === 0 && filled) question(index, filled.line, '', { code: 'sheetUnclear' })
    let above: Standing | undefined
    for (const table of tables) {
      const { read, end } = readLines(table, tableNumber++, (row) => answers.get(keyOf(index, row)), above)
      above = end
      for (const draft of read.drafts) drafts.push(draft)
      for (const [row, found] of read.questions) question(index, row, found.value, found.ask)
      for (const found of read.skipped) skip(index, found.row, found.why)
      for (const name of table.ignoredColumns)
        if (!reading.ignoredColumns.includes(name)) reading.ignoredColumns.push(name)
    }
  }

  settleDrafts(drafts)
  if (drafts.length > MOST_DOORS) throw new RosterProblem('ledger_too_many_rows')
  const known = new Map<string, DraftDoor>()
  let buildingAsked = false
  for (const draft of drafts) {
    const place = placeOf(sheets, draft.sheet, draft.row)
    const door = doorOf(draft, place)
    if (isPersonal(door) || door.label === '') {
      skip(draft.sheet, draft.row, { code: 'personal' })
      continue
    }
    if (isTooLong(door)) {
      question(draft.sheet, draft.row, draft.value, { code: 'unclear' })
      continue
    }
    const twin = known.get(identity(door))
    if (twin) {
      const of = placeOf(sheets, twin.sheet, twin.row)
      skip(draft.sheet, draft.row, {
        code: 'duplicate',
        of: of.row,
        ...(of.sheet === undefined ? {} : { ofSheet: of.sheet }),
      })
      continue
    }
    known.set(identity(door), draft)
    reading.doors.push(door)
    if (draft.zeroed !== undefined)
      reading.hints.push({ ...place, code: 'leadingZero', value: draft.zeroed, label: door.label })
    const accepted = answers.get(keyOf(draft.sheet, draft.row)) === 'accept'
    if (draft.ask && !accepted) question(draft.sheet, draft.row, draft.value, draft.ask, door)
    else if (isNowhere(draft.building) && !buildingAsked && !accepted) {
      buildingAsked = true
      question(draft.sheet, draft.row, draft.value, { code: 'buildingUnknown' }, door)
    }
  }
  reading.questions = [...questions.values()].sort((a, b) => a.key - b.key)
  reading.skipped = [...skips.values()].sort((a, b) => a.key - b.key).map((entry) => entry.skip)
  return reading
}
