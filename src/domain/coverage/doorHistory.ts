import { SHARED_OUTCOMES, type SharedOutcome } from '../outcome.ts'
import { bandHour, localDate } from '../times.ts'
import type { VisitMark } from './facade.ts'

/** How often a door came to an outcome. */
export interface OutcomeTimes {
  outcome: SharedOutcome
  times: number
}

/** What whoever stands at a door may know of it. Times are told only of knocks that nobody answered, and only as a band. */
export interface DoorHistory {
  thisRound: OutcomeTimes[]
  lastRound: OutcomeTimes[]
  /** Whether one of this round's knocks was today, by the local date. */
  isTonight: boolean
  /** The hour at which the band of the last unanswered knock began, when that was not today. */
  emptyAtHour: number | null
}

type Marks = Readonly<Record<string, VisitMark>> | undefined

/**
 * Sums a door's knocks up for the door sheet. When somebody was met stays untold: that would tell when people are home.
 *
 * @param marks the door's marks in this round, by visit
 * @param before its marks in the round before
 * @param now ms on the server's clock
 */
export function doorHistory(marks: Marks, before: Marks, now: number): DoorHistory {
  const today = localDate(now)
  const live = standing(marks)
  const empty = live.filter((mark) => mark.outcome === 'notHome').map((mark) => mark.at ?? 0)
  const lastEmpty = empty.length > 0 ? Math.max(...empty) : null
  return {
    thisRound: timesOf(live),
    lastRound: timesOf(standing(before)),
    isTonight: live.some((mark) => localDate(mark.at ?? 0) === today),
    emptyAtHour: lastEmpty !== null && localDate(lastEmpty) !== today ? bandHour(lastEmpty) : null,
  }
}

function standing(marks: Marks): VisitMark[] {
  return Object.values(marks ?? {}).filter((mark) => !mark.voided && mark.outcome !== undefined)
}

function timesOf(marks: readonly VisitMark[]): OutcomeTimes[] {
  return SHARED_OUTCOMES.map((outcome) => ({
    outcome,
    times: marks.filter((mark) => mark.outcome === outcome).length,
  })).filter((entry) => entry.times > 0)
}
