import type { SharedOutcome } from '../outcome.ts'
import type { Stairwell } from '../records/stairwell.ts'
import type { Visit } from '../records/visit.ts'
import { bandHour, localDate } from '../times.ts'
import { comparePlaces } from './comparePlaces.ts'
import type { FacadeCounts } from './facadeView.ts'

/** What a cell of an exported table holds. */
export type ExportCell = string | number
export type ExportRow = readonly ExportCell[]

/** A text that begins like this is a formula to a spreadsheet, or is turned into one when it is pasted. */
const FORMULA = /^[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/

/** Takes a text's power to act in a spreadsheet: an apostrophe makes it a text for good. */
export function neutraliseFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text
}

/** One line a stairwell: estate, building, stairwell, doors, knocked, met, quizzed, date of the last visit or ''. */
export function buildProgressRows(
  houses: readonly { stairwell: Stairwell; counts: FacadeCounts; lastAt: number | null }[],
): ExportRow[] {
  return [...houses]
    .sort((left, right) => comparePlaces(left.stairwell, right.stairwell))
    .map(({ stairwell, counts, lastAt }) => [
      ...placeCells(stairwell),
      counts.doors,
      counts.knocked,
      counts.met,
      counts.quizzed,
      lastAt === null ? '' : localDate(lastAt),
    ])
}

/** What the rows of visits are made of. Names and words come from outside, because this room has none. */
export interface VisitSources {
  visits: readonly Visit[]
  voidedIds: ReadonlySet<string>
  quizzedIds: ReadonlySet<string>
  stairwells: ReadonlyMap<string, Stairwell>
  roundName: (roundId: string) => string
  memberName: (memberId: string) => string
  outcomeWord: (outcome: SharedOutcome) => string
  /** The words for a coarse band, by the local hour at which it begins. */
  bandWord: (hour: number) => string
  quizzedWord: string
}

/**
 * One line a visit, oldest first: round, estate, building, stairwell, door, outcome, quiz, date, coarse band, who
 * recorded it. Voided visits are left out, and so is the minute: nobody needs to know when a door is empty.
 */
export function buildVisitRows(sources: VisitSources): ExportRow[] {
  return sources.visits
    .filter((visit) => !sources.voidedIds.has(visit.id))
    .sort((left, right) => left.visitedAt - right.visitedAt || (left.id < right.id ? -1 : 1))
    .map((visit) => {
      const stairwell = sources.stairwells.get(visit.stairwellId)
      return [
        neutraliseFormula(sources.roundName(visit.roundId)),
        ...(stairwell ? placeCells(stairwell) : ['', '', '']),
        neutraliseFormula(visit.label),
        sources.outcomeWord(visit.outcome),
        sources.quizzedIds.has(visit.id) ? sources.quizzedWord : '',
        localDate(visit.visitedAt),
        sources.bandWord(bandHour(visit.visitedAt)),
        neutraliseFormula(sources.memberName(visit.recordedBy)),
      ]
    })
}

function placeCells({ estate, building, stairwell }: Stairwell): string[] {
  return [estate, building, stairwell].map(neutraliseFormula)
}

/** CSV as Excel opens it by a double click: UTF-8 with its mark, lines ended by CR LF, quotes where they are needed. */
export function toCsv(rows: readonly ExportRow[]): string {
  const quote = (cell: ExportCell) =>
    typeof cell === 'string' && /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : String(cell)
  return `\ufeff${rows.map((row) => `${row.map(quote).join(',')}\r\n`).join('')}`
}
