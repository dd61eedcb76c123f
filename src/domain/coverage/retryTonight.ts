import type { SessionTally, TallyMark } from '../records/sessionTally.ts'

/** A door that nobody opened tonight, to be tried once more on the way down. */
export interface RetryDoor {
  stairwellId: string
  doorId: string
}

/** Doors at which every standing knock of this evening went unanswered (回头再敲). */
export function retryTonight(tally: SessionTally | undefined): RetryDoor[] {
  const doors = new Map<string, { door: RetryDoor; isEmpty: boolean }>()
  for (const mark of Object.values(tally?.visits ?? {})) {
    if (mark.voided || mark.outcome === undefined) continue
    const known = doors.get(mark.doorId)
    const isEmpty = isUnanswered(mark) && (known?.isEmpty ?? true)
    doors.set(mark.doorId, { door: { stairwellId: mark.stairwellId, doorId: mark.doorId }, isEmpty })
  }
  return [...doors.values()].filter((entry) => entry.isEmpty).map((entry) => entry.door)
}

function isUnanswered(mark: TallyMark): boolean {
  return mark.outcome === 'notHome' && !mark.quizzed
}
