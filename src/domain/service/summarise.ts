import type { SessionTally, TallyMark } from '../records/sessionTally.ts'

/** What an evening came to, counted in doors and not in knocks. The outcomes together are the doors. */
export interface EveningSummary {
  stairwellIds: string[]
  doors: number
  met: number
  brief: number
  again: number
  notHome: number
  refused: number
  doNotKnock: number
  /** Where nobody lives, or no such door is: empty, no home, not found. */
  nobody: number
  quizzed: number
}

/** Of several visits to one door in one evening the best contact counts, as it does on the façade. */
const ORDER = ['met', 'brief', 'refused', 'doNotKnock', 'again', 'notHome', 'vacant', 'notAHome', 'notFound'] as const

/** Counts an evening's tally. Voided visits and marks whose visit is unknown here do not count. */
export function summarise(tally: SessionTally | undefined): EveningSummary {
  const doors = new Map<string, TallyMark>()
  for (const mark of Object.values(tally?.visits ?? {})) {
    if (mark.voided || mark.outcome === undefined) continue
    const best = doors.get(mark.doorId)
    const outcome = best && rank(best) < rank(mark) ? best.outcome : mark.outcome
    doors.set(mark.doorId, { ...mark, outcome, quizzed: Boolean(best?.quizzed || mark.quizzed) })
  }
  const marks = [...doors.values()]
  const count = (...outcomes: TallyMark['outcome'][]) => marks.filter((mark) => outcomes.includes(mark.outcome)).length
  return {
    stairwellIds: [...new Set(marks.map((mark) => mark.stairwellId))].sort(),
    doors: marks.length,
    met: count('met'),
    brief: count('brief'),
    again: count('again'),
    notHome: count('notHome'),
    refused: count('refused'),
    doNotKnock: count('doNotKnock'),
    nobody: count('vacant', 'notAHome', 'notFound'),
    quizzed: marks.filter((mark) => mark.quizzed).length,
  }
}

function rank(mark: TallyMark): number {
  return mark.outcome === undefined ? ORDER.length : ORDER.indexOf(mark.outcome)
}
