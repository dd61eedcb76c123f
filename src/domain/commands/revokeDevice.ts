import { TARGETS } from '../access.ts'
import * as v from 'valibot'
import { accept, command, range, refuse, row, type DecideInput, type Decision, type Facts } from '../command.ts'
import { put } from '../put.ts'
import { fields, id } from '../fields.ts'
import { communityScope, officersScope, teamScope } from '../record.ts'
import type { Device } from '../records/device.ts'
import { bondAt } from '../records/member.ts'

/** Which enrolment is to end. */
export const endedDevice = fields({ deviceId: id, teamId: v.nullable(id) })
type EndedDevice = v.InferOutput<typeof endedDevice>

export const readsOfEnding = ({ deviceId, teamId }: EndedDevice) => [
  row('device', deviceId, teamId === null ? officersScope : teamScope(teamId)),
  range('member', communityScope),
]

/** Who may end an enrolment, now or once it is drained, and what becomes of it. */
export function decideEnding(
  { args, actor, at }: DecideInput<EndedDevice>,
  facts: Facts,
  next: (state: Device['state']) => Device['state'],
): Decision {
  const device = facts.get('device', args.deviceId)
  if (device === 'unknownHere') return accept([])
  if (device === 'absent' || device.teamId !== args.teamId) return refuse('not_found')
  const member = facts.all('member', communityScope).find((entry) => entry.id === device.memberId)
  const bond = member && bondAt(member, at.received)
  if (!TARGETS.revokeDevice(actor, bond)) return refuse('not_allowed')
  const state = next(device.state)
  return accept(state === device.state ? [] : [put('device', { ...device, state })])
}

/**
 * Ends a phone's enrolment at once, pending ones included. Its next request is refused, and it empties itself: the only
 * act that destroys unsent work.
 */
export const revokeDevice = command({
  verb: 'device/revoke',
  version: 1,
  args: endedDevice,
  reads: readsOfEnding,
  decide: (input, facts) => decideEnding(input, facts, () => 'revoked'),
})
