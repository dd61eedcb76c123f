import type { SharedOutcome } from '../outcome.ts'
import type { QuizTaken } from '../records/quizTaken.ts'
import type { Visit } from '../records/visit.ts'
import type { VisitVoid } from '../records/visitVoid.ts'

/** What is known of one visit to one door. Each part comes from its own event, so events may arrive in any order. */
export interface VisitMark {
  outcome?: SharedOutcome
  /** Effective time of the visit, ms. */
  at?: number
  quizzed?: boolean
  voided?: boolean
}

/**
 * The façade row: all marks of one stairwell in one round, by door and visit. A projection, derived from events alone,
 * written in the same transaction as they are, on the phone and on the server, and rebuildable at any time.
 */
export interface Facade {
  stairwellId: string
  roundId: string
  doors: Record<string, Record<string, VisitMark>>
}

/** The events a façade is made of, as they stood before and as they stand now (`null`: not there). */
export type FacadeEvent =
  | { kind: 'visit'; before: Visit | null; after: Visit | null }
  | { kind: 'visitVoid'; before: VisitVoid | null; after: VisitVoid | null }
  | { kind: 'quizTaken'; before: QuizTaken | null; after: QuizTaken | null }

const FACADE_KINDS: ReadonlySet<string> = new Set(['visit', 'visitVoid', 'quizTaken'])

export function isFacadeKind(kind: string): kind is FacadeEvent['kind'] {
  return FACADE_KINDS.has(kind)
}

export const facadeKey = (stairwellId: string, roundId: string): string => `${stairwellId}.${roundId}`

export function emptyFacade(stairwellId: string, roundId: string): Facade {
  return { stairwellId, roundId, doors: {} }
}

/**
 * Applies one event to a façade in place. Applying it twice, or two events in either order, gives the same façade;
 * that is what lets a phone project its own unsent visits over whatever the server sent.
 */
export function applyToFacade(facade: Facade, event: FacadeEvent): void {
  const { before, after } = event
  const subject = after ?? before
  if (!subject) return
  // The server may know the door by another id than the phone that knocked: the mark moves there and leaves none behind.
  if (before && after && before.doorId !== after.doorId) {
    applyToFacade(facade, { kind: event.kind, before, after: null } as FacadeEvent)
  }
  const visitId = event.kind === 'visit' ? subject.id : (subject as VisitVoid | QuizTaken).visitId
  const visits = (facade.doors[subject.doorId] ??= {})
  const mark = { ...visits[visitId] }
  if (event.kind === 'visit') {
    delete mark.outcome
    delete mark.at
    if (event.after) Object.assign(mark, { outcome: event.after.outcome, at: event.after.visitedAt })
  } else {
    const part = event.kind === 'visitVoid' ? 'voided' : 'quizzed'
    if (event.after) mark[part] = true
    else delete mark[part]
  }
  if (Object.keys(mark).length > 0) visits[visitId] = mark
  else delete visits[visitId]
  if (Object.keys(visits).length === 0) delete facade.doors[subject.doorId]
}
