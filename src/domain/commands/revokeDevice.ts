import * as v from 'valibot'
import { accept, command, put, refuse, row } from '../command.ts'
import { fields, id } from '../fields.ts'
import { officersScope, teamScope } from '../record.ts'

/** Ends a phone's enrolment, pending ones included. Its next request is refused. */
export const revokeDevice = command({
  verb: 'device/revoke',
  version: 1,
  args: fields({ deviceId: id, teamId: v.nullable(id) }),
  reads: ({ deviceId, teamId }) => [row('device', deviceId, teamId === null ? officersScope : teamScope(teamId))],
  decide({ args }, facts) {
    const device = facts.get('device', args.deviceId)
    if (device === 'unknownHere') return accept([])
    if (device === 'absent' || device.teamId !== args.teamId) return refuse('not_found')
    if (device.state === 'revoked') return accept([])
    return accept([put('device', { ...device, state: 'revoked' })])
  },
})
