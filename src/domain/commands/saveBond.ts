import * as v from 'valibot'
import { accept, command, followInterval, range, refuse } from '../command.ts'
import { put } from '../put.ts'
import { fields, flag, id } from '../fields.ts'
import { bondAt, role } from '../records/member.ts'

/** Gives a member another role or team, or ends the bond (`active` false). The community keeps at least one officer. */
export const saveBond = command({
  verb: 'member/bond',
  version: 1,
  args: fields({ memberId: id, role, teamId: v.nullable(id), active: flag }),
  reads: () => [range('member', 'c')],
  decide({ args, at }, facts) {
    const members = facts.all('member', 'c')
    const member = members.find((entry) => entry.id === args.memberId)
    if (!member) return refuse('not_found')
    const moment = at.received
    const staysOfficer = args.active && args.role === 'officer'
    const otherOfficer = members.some((entry) => entry.id !== member.id && bondAt(entry, moment)?.role === 'officer')
    if (bondAt(member, moment)?.role === 'officer' && !staysOfficer && !otherOfficer) return refuse('last_officer')
    const next = args.active ? { role: args.role, teamId: args.teamId, from: moment, until: null } : null
    const bonds = followInterval(member.bonds, next, moment)
    if (bonds.length > 200) return refuse('too_many')
    return accept([put('member', { ...member, bonds })])
  },
})
