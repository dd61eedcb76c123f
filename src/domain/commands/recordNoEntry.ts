import * as v from 'valibot'
import { accept, command, put, refuse, row } from '../command.ts'
import { choice, fields, id } from '../fields.ts'
import { stairwellScope } from '../record.ts'

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
  reads: ({ stairwellId, roundId }) => [
    row('stairwell', stairwellId, stairwellScope(stairwellId)),
    row('round', roundId, 'c'),
  ],
  decide({ args, actor, at, newId }, facts) {
    const known = facts.get('stairwell', args.stairwellId) !== 'absent' && facts.get('round', args.roundId) !== 'absent'
    if (!known) return refuse('not_found')
    return accept([put('noEntry', { id: newId(0), ...args, recordedBy: actor.memberId, triedAt: at.effective })])
  },
})
