import * as v from 'valibot'
import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { choice, fields, id, text, whole } from '../fields.ts'

/** Opens a round (base revision 0), renames it or closes it. Late visits to a closed round still count for it. */
export const saveRound = command({
  verb: 'round/save',
  version: 1,
  args: fields({
    roundId: id,
    baseRevision: whole(0, 1e9),
    number: whole(1, 10_000),
    name: text(30, 1),
    startsOn: v.pipe(v.string('bad_field'), v.isoDate('bad_field')),
    state: choice(['open', 'closed']),
  }),
  reads: ({ roundId }) => [row('round', roundId, 'c')],
  decide({ args, at }, facts) {
    const { roundId, baseRevision, ...body } = args
    const round = facts.get('round', roundId)
    if (round === 'unknownHere') return accept([])
    const revision = round === 'absent' ? 0 : round.revision
    if (revision !== baseRevision) return refuse('stale_revision')
    const wasClosed = round !== 'absent' && round.state === 'closed'
    const closedAt = wasClosed ? round.closedAt : at.received
    const end = body.state === 'closed' && closedAt !== undefined ? { closedAt } : {}
    return accept([put('round', { id: roundId, ...body, ...end, revision: revision + 1 })])
  },
})
