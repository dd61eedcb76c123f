import { mintFoldedId, REACHES, type Folded, type Reach } from '../records/folded.ts'
import type { NoEntry } from '../records/noEntry.ts'
import type { QuizAnswer } from '../records/quizAnswer.ts'
import type { QuizTaken } from '../records/quizTaken.ts'
import type { Round } from '../records/round.ts'
import type { Visit } from '../records/visit.ts'
import type { VisitVoid } from '../records/visitVoid.ts'
import { localDate, localMidnight } from '../times.ts'
import { isEligible } from './doorState.ts'
import type { FacadeCounts, FacadeView } from './facadeView.ts'

const DAY_MS = 86_400_000

/** The kinds that a fold takes away. Each body names its round. */
export const FOLDED_KINDS = ['noEntry', 'quizAnswer', 'quizTaken', 'visit', 'visitVoid'] as const

/** The live events of one round in one stairwell. */
export interface RoundEvents {
  visit: Visit[]
  visitVoid: VisitVoid[]
  quizTaken: QuizTaken[]
  quizAnswer: QuizAnswer[]
  noEntry: NoEntry[]
}

export const noEvents = (): RoundEvents => ({ visit: [], visitVoid: [], quizTaken: [], quizAnswer: [], noEntry: [] })

/**
 * Whether a round's events in one stairwell may be folded: the round was closed so many days ago, and nothing has happened
 * there since either. A round that was closed before closings were noted counts from its last event. What came late has
 * as long again: what its author still has to say of it (a quiz, an undo) may be on its way.
 *
 * @param before what was folded there already
 * @param days how long events are kept after the end of their round (`RETENTION`)
 * @param now ms on the server's clock
 */
export function mayFold(
  round: Round,
  before: Folded | null,
  events: RoundEvents,
  days: number,
  now: number,
): boolean {
  if (round.state !== 'closed') return false
  const foldedAt = before ? midnightOf(before.foldedOn) : -Infinity
  return Math.max(round.closedAt ?? -Infinity, foldedAt, lastDeedAt(events)) <= now - days * DAY_MS
}

function lastDeedAt({ visit, visitVoid, quizAnswer, noEntry }: RoundEvents): number {
  const moments = [
    ...visit.map((entry) => entry.visitedAt),
    ...visitVoid.map((entry) => entry.voidedAt),
    ...noEntry.map((entry) => entry.triedAt),
    ...quizAnswer.map((entry) => midnightOf(entry.answeredOn)),
  ]
  return moments.reduce((last, moment) => Math.max(last, moment), -Infinity)
}

const midnightOf = (date: string): number => localMidnight(Date.parse(date))

/**
 * Adds a round's live events in one stairwell to what was folded of it before. Folding at once or piece by piece, in any
 * order, comes to the same counts, as long as what belongs to one visit is folded together.
 *
 * @param now ms on the server's clock
 */
export function foldInto(
  before: Folded | null,
  place: { stairwellId: string; roundId: string },
  events: RoundEvents,
  now: number,
): Folded {
  const { stairwellId, roundId } = place
  const blank = { id: mintFoldedId(roundId, stairwellId), stairwellId, roundId, folds: 0 }
  const known = before ?? { ...blank, visits: 0, voided: 0, noEntries: 0, doors: {}, members: {}, items: {} }
  const voided = new Set(events.visitVoid.map((entry) => entry.visitId))
  const quizzed = new Set(events.quizTaken.map((entry) => entry.visitId))
  const standing = events.visit.filter((visit) => !voided.has(visit.id))
  const doors = { ...known.doors }
  const members = { ...known.members }
  const items = { ...known.items }
  for (const visit of standing) {
    const reach = reachOf(visit, quizzed.has(visit.id))
    const on = localDate(visit.visitedAt)
    const door = doors[visit.doorId] ?? { on, reach }
    doors[visit.doorId] = { on: door.on > on ? door.on : on, reach: further(door.reach, reach) }
    const member = members[visit.recordedBy] ?? { visits: 0, met: 0, quizzed: 0 }
    members[visit.recordedBy] = {
      visits: member.visits + 1,
      met: member.met + Number(reach === 'met' || reach === 'quizzed'),
      quizzed: member.quizzed + Number(reach === 'quizzed'),
    }
  }
  for (const { ruleSetId, questionId, correct } of events.quizAnswer) {
    const key = `${ruleSetId}/${questionId}`
    const item = items[key] ?? { asked: 0, correct: 0 }
    items[key] = { asked: item.asked + 1, correct: item.correct + Number(correct) }
  }
  return {
    ...known,
    folds: known.folds + 1,
    foldedOn: localDate(now),
    visits: known.visits + standing.length,
    voided: known.voided + events.visit.length - standing.length,
    noEntries: known.noEntries + events.noEntry.length,
    doors: inOrder(doors),
    members: inOrder(members),
    items: inOrder(items),
  }
}

function reachOf({ outcome }: Visit, isQuizzed: boolean): Reach {
  if (isQuizzed) return 'quizzed'
  if (outcome === 'met' || outcome === 'notHome') return outcome
  return isEligible(outcome) ? 'tried' : 'none'
}

function further(left: Reach, right: Reach): Reach {
  return REACHES.indexOf(left) < REACHES.indexOf(right) ? right : left
}

/** By key, so that the same counts are the same text whatever came first. */
function inOrder<T>(entries: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).sort(([left], [right]) => (left < right ? -1 : 1)))
}

/** The last day on which somebody came, as ms at local midnight; `null` when nobody did. */
export function lastFoldedAt({ doors }: Folded): number | null {
  const days = Object.values(doors).map(({ on }) => midnightOf(on))
  return days.length > 0 ? Math.max(...days) : null
}

/** The three rates of a folded round: what was folded together with what has come since. */
export function countFolded({ floors }: Pick<FacadeView, 'floors'>, { doors }: Folded): FacadeCounts {
  const counts = { doors: 0, knocked: 0, met: 0, quizzed: 0 }
  for (const { doorId, kind, state, tries } of floors.flatMap((floor) => floor.windows)) {
    if (kind !== 'home') continue
    const live: Reach | null = tries === 0 ? null : liveReach(state)
    const past = doors[doorId]?.reach ?? null
    const reach = live && past ? further(live, past) : (live ?? past)
    if (reach === 'none') continue
    counts.doors++
    if (reach !== null || state !== 'untouched') counts.knocked++
    if (reach === 'met' || reach === 'quizzed') counts.met++
    if (reach === 'quizzed') counts.quizzed++
  }
  return counts
}

function liveReach(state: FacadeView['floors'][number]['windows'][number]['state']): Reach {
  if (state === 'quizzed' || state === 'met' || state === 'notHome') return state
  return isEligible(state) ? 'tried' : 'none'
}
