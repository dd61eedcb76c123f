import { TARGETS } from '../access.ts'
import * as v from 'valibot'
import { accept, command, followInterval, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, id } from '../fields.ts'
import { communityScope, officersScope, teamScope } from '../record.ts'
import { fitsBond } from '../records/invite.ts'
import { bondAt } from '../records/member.ts'

/** The leader has compared the six digits on both screens: the phone may take part. What it pushed meanwhile follows. */
export const confirmDevice = command({
  verb: 'device/confirm',
  version: 1,
  args: fields({
    deviceId: id,
    memberId: id,
    teamId: v.nullable(id),
    matchCode: v.pipe(v.string('bad_field'), v.regex(/^[0-9]{6}$/, 'bad_field')),
  }),
  reads: ({ deviceId, memberId, teamId }) => [
    row('device', deviceId, teamId === null ? officersScope : teamScope(teamId)),
    row('member', memberId, communityScope),
  ],
  decide({ args, actor, at }, facts) {
    const device = facts.get('device', args.deviceId)
    if (device === 'unknownHere') return accept([])
    if (device === 'absent' || device.teamId !== args.teamId || device.memberId !== args.memberId)
      return refuse('not_found')
    if (!TARGETS.confirmDevice(actor, device)) return refuse('not_allowed')
    if (device.state === 'active') return accept([])
    if (device.state !== 'pending') return refuse('not_pending')
    if (device.matchCode !== args.matchCode) return refuse('match_code_wrong')
    const member = facts.get('member', args.memberId)
    if (member === 'absent') return refuse('not_found')
    const confirmed = put('device', { ...device, state: 'active' })
    if (member === 'unknownHere') return accept([confirmed])
    // Another phone of a known member changes nothing about the bond, and is let in only where the member still stands
    // as when it was invited: whoever moved on or left meanwhile asks for another invitation.
    const standing = bondAt(member, at.received)
    if (standing && fitsBond(device, standing)) return accept([confirmed])
    if (member.bonds.length > 0) return refuse('not_allowed')
    const bond = { role: device.role, teamId: device.teamId, from: at.received, until: null }
    return accept([put('member', { ...member, bonds: followInterval(member.bonds, bond, at.received) }), confirmed])
  },
})
