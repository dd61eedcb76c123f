import type { FacadeEvent } from '../coverage/facade.ts'
import type { SessionTally } from '../records/sessionTally.ts'

/** The session an event counts for, with the member whose tally it is. */
export function tallyOf(event: FacadeEvent): { sessionId: string; memberId: string } | null {
  const subject = event.after ?? event.before
  if (!subject || subject.sessionId === null) return null
  return { sessionId: subject.sessionId, memberId: subject.recordedBy }
}

/** Applies one event to an evening's tally; idempotent and commutative, like the façade's own projection. */
export function applyToTally(tally: SessionTally, event: FacadeEvent): SessionTally {
  const subject = event.after ?? event.before
  if (!subject) return tally
  const visitId = 'visitId' in subject ? subject.visitId : subject.id
  const known = tally.visits[visitId]
  // Only the visit says which door it was: what was done with it may have been written down under the door's former id.
  const { stairwellId, doorId } = event.kind === 'visit' || !known ? subject : known
  const mark = { ...known, stairwellId, doorId }
  if (event.kind === 'visit') {
    if (event.after) mark.outcome = event.after.outcome
    else delete mark.outcome
  } else {
    const part = event.kind === 'visitVoid' ? 'voided' : 'quizzed'
    if (event.after) mark[part] = true
    else delete mark[part]
  }
  const visits = { ...tally.visits, [visitId]: mark }
  if (mark.outcome === undefined && !mark.quizzed && !mark.voided) delete visits[visitId]
  return { ...tally, visits }
}
