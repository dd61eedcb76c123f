import type { SharedOutcome } from '../outcome.ts'
import type { VisitMark } from './facade.ts'

/** What a window shows. `untouched` is an empty frame; `doNotKnock` comes from the door's standing wish. */
export const DOOR_STATES = [
  'untouched',
  'quizzed',
  'met',
  'brief',
  'again',
  'refused',
  'notHome',
  'doNotKnock',
  'vacant',
  'notAHome',
  'notFound',
] as const
export type DoorState = (typeof DOOR_STATES)[number]

/** Contacts by precedence, not by last-wins: a door that was met stays met when it is tried again (design.md §3). */
const PRECEDENCE: readonly DoorState[] = ['quizzed', 'met', 'brief', 'refused', 'again', 'notHome']
const INELIGIBLE: ReadonlySet<DoorState> = new Set(['vacant', 'notAHome', 'notFound'])

/** A door that is no home, or stands empty, leaves the denominator. */
export function isEligible(state: DoorState): boolean {
  return !INELIGIBLE.has(state)
}

/**
 * The state of one door in one round.
 *
 * @param visits the door's marks by visit id
 * @param peaceful whether the door's standing wish not to be knocked at holds now; it wins over every contact
 */
export function doorState(visits: Readonly<Record<string, VisitMark>> | undefined, peaceful: boolean): DoorState {
  if (peaceful) return 'doNotKnock'
  let contact: DoorState = 'untouched'
  let lastContact: [number, string] | null = null
  let ineligible: { state: DoorState; when: [number, string] } | null = null
  for (const [visitId, mark] of Object.entries(visits ?? {})) {
    if (mark.voided || mark.outcome === undefined) continue
    const when: [number, string] = [mark.at ?? 0, visitId]
    const state = shown(mark.outcome, mark.quizzed === true)
    if (INELIGIBLE.has(state)) {
      if (!ineligible || isLater(when, ineligible.when)) ineligible = { state, when }
      continue
    }
    // Nobody answering is no contact: it says nothing against a door that stands empty.
    if (state !== 'notHome' && (!lastContact || isLater(when, lastContact))) lastContact = when
    if (contact === 'untouched' || PRECEDENCE.indexOf(state) < PRECEDENCE.indexOf(contact)) contact = state
  }
  // "Vacant", "not a home" and "not found" are overturned by any later contact; later is (effective time, id).
  if (ineligible && (!lastContact || isLater(ineligible.when, lastContact))) return ineligible.state
  return contact
}

/** A lapsed wish for peace leaves a door that said no this time. */
function shown(outcome: SharedOutcome, quizzed: boolean): DoorState {
  if (quizzed) return 'quizzed'
  return outcome === 'doNotKnock' ? 'refused' : outcome
}

function isLater(left: readonly [number, string], right: readonly [number, string]): boolean {
  return left[0] !== right[0] ? left[0] > right[0] : left[1] > right[1]
}
