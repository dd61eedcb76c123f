import * as v from 'valibot'
import { accept, command, followInterval, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, id, list, time, whole } from '../fields.ts'
import { stairwellScope } from '../record.ts'
import { mintAssignmentId, type Assignment } from '../records/assignment.ts'

/**
 * Hands a stairwell to a team and its people in one round, or takes it back (`teamId` null). Grants are intervals on the
 * server's clock, so a visit made under an earlier grant still counts (SYNC-5).
 */
export const assignStairwell = command({
  verb: 'assignment/save',
  version: 1,
  args: fields({
    stairwellId: id,
    roundId: id,
    baseRevision: whole(0, 1e9),
    teamId: v.nullable(id),
    memberIds: list(id, 8),
    leaseUntil: v.nullable(time),
  }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId, roundId, teamId }) => [
    row('stairwell', stairwellId, stairwellScope(stairwellId)),
    row('round', roundId, 'c'),
    row('assignment', mintAssignmentId(roundId, stairwellId), 'c'),
    ...(teamId === null ? [] : [row('team', teamId, 'c')]),
  ],
  decide({ args, at }, facts) {
    const { stairwellId, roundId, teamId, memberIds, leaseUntil } = args
    const assignmentId = mintAssignmentId(roundId, stairwellId)
    const known =
      facts.get('stairwell', stairwellId) !== 'absent' &&
      facts.get('round', roundId) !== 'absent' &&
      (teamId === null || facts.get('team', teamId) !== 'absent')
    if (!known) return refuse('not_found')
    const found = facts.get('assignment', assignmentId)
    const before: Assignment =
      typeof found === 'object' ? found : { id: assignmentId, stairwellId, roundId, grants: [], revision: 0 }
    if (before.revision !== args.baseRevision) return refuse('stale_revision')
    const next = teamId === null ? null : { teamId, memberIds, from: at.received, until: null, leaseUntil }
    const grants = followInterval(before.grants, next, at.received)
    if (grants.length > 200) return refuse('too_many')
    return accept([put('assignment', { ...before, grants, revision: before.revision + 1 })])
  },
})
