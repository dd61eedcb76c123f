import { accept, command, putOf, row } from '../command.ts'
import { fields, id, list } from '../fields.ts'
import { session } from '../records/session.ts'

/** Begins an evening. Its id is the command's first, so that visits may name it before anybody has answered. */
export const startSession = command({
  verb: 'session/start',
  version: 1,
  args: fields({ roundId: id, partnerIds: list(id, 4) }),
  reads: ({ roundId }) => [row('round', roundId, 'c')],
  decide({ args, actor, at, newId }) {
    const begun = { id: newId(0), memberId: actor.memberId, startedAt: at.effective, endedAt: null }
    return accept([putOf(session, { ...begun, roundId: args.roundId, partnerIds: args.partnerIds })])
  },
})
