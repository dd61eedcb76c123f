import type { Folded } from '../../domain/records/folded.ts'
import type { QuizTaken } from '../../domain/records/quizTaken.ts'
import type { Round } from '../../domain/records/round.ts'
import type { Visit } from '../../domain/records/visit.ts'
import type { VisitVoid } from '../../domain/records/visitVoid.ts'
import { bandHour, localDate } from '../../domain/times.ts'

/** One visit as a door's history tells it: the day and the coarse band, never the minute, never a person. */
export interface PastVisit {
  id: string
  date: string
  bandHour: number
  outcome: Visit['outcome']
  quizzed: boolean
  /** The phone's clock was so wrong that day and band are an estimate. */
  estimated: boolean
}

export interface PastRound {
  id: string
  name: string
  closed: boolean
  /** Whether its visits were folded, and then the day of the last of them at this door; what came late stands beside it. */
  folded: { on: string | null } | null
  visits: PastVisit[]
}

/** What happened at one door, newest round and newest visit first; what was taken back is left out. */
export function tellDoor(
  doorId: string,
  visits: readonly Visit[],
  voids: readonly VisitVoid[],
  quizzes: readonly QuizTaken[],
  rounds: readonly Round[],
  folded: readonly Folded[] = [],
): PastRound[] {
  const voided = new Set(voids.map((entry) => entry.visitId))
  const quizzed = new Set(quizzes.map((entry) => entry.visitId))
  const foldedOf = new Map(folded.map((entry) => [entry.roundId, { on: entry.doors[doorId]?.on ?? null }]))
  const standing = visits
    .filter((visit) => visit.doorId === doorId && !voided.has(visit.id))
    .sort((left, right) => right.visitedAt - left.visitedAt || (left.id < right.id ? 1 : -1))
  return [...rounds]
    .sort((left, right) => right.number - left.number)
    .map((round) => ({
      id: round.id,
      name: round.name,
      closed: round.state === 'closed',
      folded: foldedOf.get(round.id) ?? null,
      visits: standing
        .filter((visit) => visit.roundId === round.id)
        .map((visit) => ({
          id: visit.id,
          date: localDate(visit.visitedAt),
          bandHour: bandHour(visit.visitedAt),
          outcome: visit.outcome,
          quizzed: quizzed.has(visit.id),
          estimated: visit.estimated === true,
        })),
    }))
    .filter((round) => round.visits.length > 0 || round.folded !== null)
}
