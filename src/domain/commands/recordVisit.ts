import * as v from 'valibot'
import { accept, command, putOf, refuse, row, type Facts } from '../command.ts'
import { fields, floorLevel, id } from '../fields.ts'
import { outcome, shareOutcome } from '../outcome.ts'
import { communityScope, memberScope, stairwellScope } from '../record.ts'
import { doNotKnock, holdsWish, mintDoNotKnockId } from '../records/doNotKnock.ts'
import { doorLabel, mintDoorId, MOST_DOORS, stairwell as stairwellKind } from '../records/stairwell.ts'
import { visit } from '../records/visit.ts'
import { normaliseLabel } from '../roster/normaliseLabel.ts'
import { coarseTime } from '../times.ts'
import { withDoor } from '../layout.ts'

/** How long a door's wish for peace holds when it was told at the door. */
export const DO_NOT_KNOCK_MS = 365 * 24 * 3_600_000

/**
 * A knock on one door. Stands alone: a door that the layout does not know yet is created as 待核实 (SYNC-5). The door's
 * id may be named, because a label can change while the door stays; otherwise it follows from the label.
 */
export const recordVisit = command({
  verb: 'visit/record',
  version: 1,
  args: fields({
    stairwellId: id,
    roundId: id,
    doorId: v.optional(id),
    level: floorLevel,
    label: doorLabel,
    outcome,
    sessionId: v.nullable(id),
  }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId, roundId, doorId, label, outcome, sessionId }, actor) => [
    row('stairwell', stairwellId, stairwellScope(stairwellId)),
    row('round', roundId, communityScope),
    ...(sessionId === null ? [] : [row('session', sessionId, memberScope(actor.memberId))]),
    ...(outcome === 'doNotKnock'
      ? [row('doNotKnock', wishIdOf(stairwellId, doorId, label), stairwellScope(stairwellId))]
      : []),
  ],
  decide({ args, actor, at, newId }, facts) {
    const { stairwellId, roundId, level } = args
    const stairwell = facts.get('stairwell', stairwellId)
    if (stairwell === 'absent' || facts.get('round', roundId) === 'absent') return refuse('not_found')
    const label = normaliseLabel(args.label)
    if (label === '') return refuse('bad_field')
    const known = stairwell === 'unknownHere' ? [] : stairwell.doors
    const door = known.find((entry) => entry.id === args.doorId) ?? known.find((entry) => entry.label === label)
    const doorId = door?.id ?? mintDoorId(stairwellId, label)
    const visitId = newId(0)
    const sessionId = ownSession(args.sessionId, actor.memberId, facts)
    // It happened, so it is kept, even at a door that asked for peace: the leader sees that, the façade stays 勿扰.
    const shared = shareOutcome(args.outcome)
    const visitedAt = shared === 'notHome' ? coarseTime(at.effective) : at.effective
    const recordedBy = actor.memberId
    const changes = [
      putOf(visit, {
        id: visitId,
        stairwellId,
        roundId,
        doorId,
        level,
        label: door?.label ?? label,
        outcome: shared,
        sessionId,
        recordedBy,
        visitedAt,
        ...(at.isEstimated ? { estimated: true as const } : {}),
      }),
    ]
    const since = at.effective
    const wishId = mintDoNotKnockId(doorId)
    const standing = wishId === wishIdOf(stairwellId, args.doorId, args.label) && shared === 'doNotKnock'
    const wish = standing ? facts.get('doNotKnock', wishId) : 'absent'
    // A wish that holds already, or that the office settled later, is not this visit's to set or, undone, to lift.
    const isNews = typeof wish !== 'object' || (!holdsWish(wish, since) && wish.since < since)
    if (shared === 'doNotKnock' && isNews) {
      const until = since + DO_NOT_KNOCK_MS
      changes.push(
        putOf(doNotKnock, {
          id: wishId,
          stairwellId,
          doorId,
          since,
          until,
          askedBy: 'door',
          visitId,
        }),
      )
    }
    // A layout that is full takes no more doors; the visit is kept all the same.
    const hasRoom = known.length < MOST_DOORS && !known.some((entry) => entry.id === doorId)
    if (stairwell !== 'unknownHere' && !door && hasRoom) {
      changes.push(putOf(stairwellKind, withDoor(stairwell, { id: doorId, label, level, kind: 'home' })))
    }
    return accept(changes)
  },
})

/** The wish of the door as the command names it; a door that was renamed meanwhile is found by its id. */
function wishIdOf(stairwellId: string, doorId: string | undefined, label: string): string {
  return mintDoNotKnockId(doorId ?? mintDoorId(stairwellId, label))
}

/** The evening that a deed counts for: one's own, or none. Nobody's tally is touched by somebody else's visit. */
export function ownSession(sessionId: string | null, memberId: string, facts: Facts): string | null {
  if (sessionId === null) return null
  const session = facts.get('session', sessionId)
  if (session === 'unknownHere') return sessionId
  return session !== 'absent' && session.memberId === memberId ? sessionId : null
}
