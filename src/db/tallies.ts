import { isFacadeKind, type FacadeEvent } from '../domain/coverage/facade.ts'
import { memberScope, type Change } from '../domain/record.ts'
import type { SessionTally } from '../domain/records/sessionTally.ts'
import { applyToTally, tallyOf } from '../domain/service/tally.ts'

/*
 * An evening's count is a projection like the façade, but it travels: it outlives lost scopes (SYNC-5). On a phone it is
 * what the server counted, kept in the shadow, with every visit that is still on its way on top of it.
 */

export const TALLY = 'sessionTally'

/** One event as its evening counts it. */
export interface Tallied {
  kind: typeof TALLY
  /** The evening. */
  id: string
  scope: string
  memberId: string
  event: FacadeEvent
}

/** What evenings count of these changes, in their order. */
export function talliesOf(changes: readonly Change[]): Tallied[] {
  return changes.flatMap(({ kind, body }) => {
    if (!isFacadeKind(kind) || body === null) return []
    const event = { kind, before: null, after: body } as FacadeEvent
    const owner = tallyOf(event)
    if (!owner) return []
    const { sessionId: id, memberId } = owner
    return [{ kind: TALLY, id, scope: memberScope(memberId), memberId, event }]
  })
}

/** Counts events on top of a tally; `null` is an evening of which nothing has been counted yet. */
export function countOn(body: { id: string } | null, tallied: readonly Tallied[]): { id: string } | null {
  let tally = body as SessionTally | null
  for (const { id, memberId, event } of tallied) {
    tally = applyToTally(tally ?? { id, sessionId: id, memberId, visits: {} }, event)
  }
  return tally
}
