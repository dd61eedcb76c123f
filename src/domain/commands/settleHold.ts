import * as v from 'valibot'
import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, flag, id } from '../fields.ts'
import { officersScope, teamScope } from '../record.ts'

/** A leader decides on what waited: it counts, or it does not. The server then applies it as its author's (SYNC-5). */
export const settleHold = command({
  verb: 'hold/settle',
  version: 1,
  args: fields({ holdId: id, teamId: v.nullable(id), counts: flag }),
  reads: ({ holdId, teamId }) => [row('hold', holdId, teamId === null ? officersScope : teamScope(teamId))],
  decide({ args }, facts) {
    const hold = facts.get('hold', args.holdId)
    if (hold === 'unknownHere') return accept([])
    if (hold === 'absent' || hold.teamId !== args.teamId) return refuse('not_found')
    if (hold.state !== 'waiting') return refuse('already_settled')
    return accept([put('hold', { ...hold, state: args.counts ? 'accepted' : 'declined' })])
  },
})
