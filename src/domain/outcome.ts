import { choice } from './fields.ts'

/** What happened at a door, as the member taps it (mission.md D2). */
export const OUTCOMES = [
  'met',
  'brief',
  'minorOnly',
  'postponed',
  'notHome',
  'refused',
  'doNotKnock',
  'vacant',
  'notAHome',
  'notFound',
] as const
export type Outcome = (typeof OUTCOMES)[number]
export const outcome = choice(OUTCOMES)

/**
 * What neighbours may read of an outcome. "Minor only" tells that a child is alone at home, so everybody but the author
 * reads 再来, and the shared record does not hold the difference (docs/decisions/0003).
 */
export const SHARED_OUTCOMES = [
  'met',
  'brief',
  'again',
  'notHome',
  'refused',
  'doNotKnock',
  'vacant',
  'notAHome',
  'notFound',
] as const
export type SharedOutcome = (typeof SHARED_OUTCOMES)[number]
export const sharedOutcome = choice(SHARED_OUTCOMES)

export function shareOutcome(told: Outcome): SharedOutcome {
  return told === 'minorOnly' || told === 'postponed' ? 'again' : told
}
