import * as v from 'valibot'
import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { choice, fields, id } from '../fields.ts'
import { communityScope, memberScope, stairwellScope } from '../record.ts'
import { ownSession } from './recordVisit.ts'

/** 进不了楼: one event for a stairwell nobody let us into. */
export const recordNoEntry = command({
  verb: 'visit/no-entry',
  version: 1,
  args: fields({
    stairwellId: id,
    roundId: id,
    reason: choice(['locked', 'guard', 'unsafe', 'other']),
    sessionId: v.nullable(id),
  }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId, roundId, sessionId }, actor) => [
    row('stairwell', stairwellId, stairwellScope(stairwellId)),
    row('round', roundId, communityScope),
    ...(sessionId === null ? [] : [row('session', sessionId, memberScope(actor.memberId))]),
  ],
  decide({ args, actor, at, newId }, facts) {
    const known = facts.get('stairwell', args.stairwellId) !== 'absent' && facts.get('round', args.roundId) !== 'absent'
    if (!known) return refuse('not_found')
    const sessionId = ownSession(args.sessionId, actor.memberId, facts)
    const tried = { recordedBy: actor.memberId, triedAt: at.effective }
    return accept([put('noEntry', { id: newId(0), ...args, sessionId, ...tried })])
  },
})
