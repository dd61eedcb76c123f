import { RACE_DEFECTS } from '../sync-server/raceDefects.ts'
import { DEFECTS } from './defects.ts'

/**
 * The faults that others met before us and that any proof of this engine must catch. What needs two writers at once
 * cannot be shown on SQLite, which takes one; those are planted in the race suite on PostgreSQL.
 */
const BOOK = [
  'cursor from a sequence',
  'outbox entry deleted before the answer',
  'cursor saved in another transaction',
  'no dedupe',
  'id not unique',
  'look-then-insert',
  'no purge',
  'purge that forgets answered rows',
  'page applied unchecked',
  'no membership version',
  'gap accepted',
  'fork undetected',
  'overlay dropped on answer',
  'poison blocks the lane',
  'claim unchecked',
  'projection by arrival',
  'leak on pull',
  'answer of a refusal not stored',
  'no epoch',
  'epoch without re-offer',
] as const

export interface Score {
  fault: string
  /** The planted defects that stand for it. */
  planted: string[]
  home: 'simulation' | 'race suite' | null
}

/** Every fault of the book with its home, and then what was planted beyond the book. */
export function scoreboard(): { book: Score[]; beyond: string[] } {
  const book = BOOK.map((fault): Score => {
    const simulated = DEFECTS.filter(({ name, standsFor }) => (standsFor ?? name) === fault).map(({ name }) => name)
    if (simulated.length > 0) return { fault, planted: simulated, home: 'simulation' }
    const raced = RACE_DEFECTS.filter(({ name }) => name === fault).map(({ name }) => name)
    return { fault, planted: raced, home: raced.length > 0 ? 'race suite' : null }
  })
  const listed = new Set(book.flatMap(({ planted }) => planted))
  const all = [...DEFECTS.filter(({ harmless }) => !harmless), ...RACE_DEFECTS].map(({ name }) => name)
  return { book, beyond: all.filter((name) => !listed.has(name)) }
}
