import { TARGETS } from '../access.ts'
import * as v from 'valibot'
import { accept, command, range, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, id } from '../fields.ts'
import { communityScope, officersScope, teamScope } from '../record.ts'
import { bondAt } from '../records/member.ts'

/** Ends a phone's enrolment, pending ones included. Its next request is refused. */
export const revokeDevice = command({
  verb: 'device/revoke',
  version: 1,
  args: fields({ deviceId: id, teamId: v.nullable(id) }),
  reads: ({ deviceId, teamId }) => [
    row('device', deviceId, teamId === null ? officersScope : teamScope(teamId)),
    range('member', communityScope),
  ],
  decide({ args, actor, at }, facts) {
    const device = facts.get('device', args.deviceId)
    if (device === 'unknownHere') return accept([])
    if (device === 'absent' || device.teamId !== args.teamId) return refuse('not_found')
    const member = facts.all('member', communityScope).find((entry) => entry.id === device.memberId)
    const bond = member && bondAt(member, at.received)
    if (!TARGETS.revokeDevice(actor, bond)) return refuse('not_allowed')
    if (device.state === 'revoked') return accept([])
    return accept([put('device', { ...device, state: 'revoked' })])
  },
})
