/** What a ledger's cell can be once a reader has opened the file; an empty cell is null or ''. */
export type Cell = string | number | boolean | Date | null

/** One physical line of a sheet. `line` counts from 1 and includes blank lines. */
export interface RosterRow {
  line: number
  cells: readonly Cell[]
}

/** Cells drawn as one: lines from 1, columns from 0, all four inclusive. Only the top-left cell holds a value. */
export interface RosterMerge {
  top: number
  left: number
  bottom: number
  right: number
}

/** One sheet of a ledger; a CSV file is a single sheet named after the file. */
export interface RosterSheet {
  name: string
  rows: readonly RosterRow[]
  merges?: readonly RosterMerge[]
}

/** 住宅, 商铺, 办公, anything else. */
export type RosterKind = 'home' | 'shop' | 'office' | 'other'

/** A door as the ledger has it after normalising. `stairwell` is '' where there is none; `row` is its physical line. */
export interface RosterDoor {
  estate: string
  building: string
  stairwell: string
  floor: string
  label: string
  kind: RosterKind
  note?: string
  row: number
  /** The sheet's name where the workbook has several. */
  sheet?: string
}

/** Why the importer asks instead of guessing. Codes are permanent; `wordAsk` says them in Chinese. */
export type RosterAsk =
  | { code: 'dateLike'; month: number; day: number }
  | { code: 'shopNumber'; label: string }
  | { code: 'bareNumber'; label: string }
  | { code: 'floorUnknown'; label: string }
  | { code: 'buildingUnknown' }
  | { code: 'wholeHouse'; label: string }
  | { code: 'wholeFloor'; label: string }
  | { code: 'mergedFlat'; label: string }
  | { code: 'stairwellConflict'; ledger: string; room: string }
  | { code: 'rangeUnclear' }
  | { code: 'unclear' }
  | { code: 'sheetUnclear' }

export interface RosterQuestion {
  /** The key of the officer's answer: the row itself in a file of one sheet, unique in a workbook. */
  key: number
  row: number
  sheet?: string
  value: string
  ask: RosterAsk
  /** A door that stands already and only wants a nod. Without one the line gives no door until it is answered. */
  proposal?: RosterDoor
}

/** `accept` takes the proposal, `skip` leaves the line out, a text is read in place of the room cell. */
export type RosterAnswer = 'accept' | 'skip' | { text: string }

export type RosterWhy =
  | { code: 'duplicate'; of: number; ofSheet?: string }
  | { code: 'noRoom' }
  | { code: 'total' }
  | { code: 'footer' }
  | { code: 'personal' }
  | { code: 'notADoor' }
  | { code: 'noRoomColumn' }
  | { code: 'answered' }

export interface RosterSkip {
  row: number
  sheet?: string
  why: RosterWhy
}

/** A silent correction that the preview may show: 0102 became 102. */
export interface RosterHint {
  row: number
  sheet?: string
  code: 'leadingZero'
  value: string
  label: string
}

export interface RosterReading {
  doors: RosterDoor[]
  questions: RosterQuestion[]
  skipped: RosterSkip[]
  /** Headers of the personal columns that were dropped before anything else saw them. */
  ignoredColumns: string[]
  hints: RosterHint[]
}
