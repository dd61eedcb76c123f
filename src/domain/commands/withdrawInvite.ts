import * as v from 'valibot'
import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, id } from '../fields.ts'
import { officersScope, teamScope } from '../record.ts'

/** Takes an open invitation back. One that was used already stays used. */
export const withdrawInvite = command({
  verb: 'invite/withdraw',
  version: 1,
  args: fields({ inviteId: id, teamId: v.nullable(id) }),
  reads: ({ inviteId, teamId }) => [row('invite', inviteId, teamId === null ? officersScope : teamScope(teamId))],
  decide({ args }, facts) {
    const invite = facts.get('invite', args.inviteId)
    if (invite === 'unknownHere') return accept([])
    if (invite === 'absent' || invite.teamId !== args.teamId) return refuse('not_found')
    if (invite.state !== 'open') return refuse('invite_dead')
    return accept([put('invite', { ...invite, state: 'withdrawn' })])
  },
})
