import { TARGETS } from '../access.ts'
import * as v from 'valibot'
import { accept, command, refuse, row, type Actor, type Refusal } from '../command.ts'
import { put } from '../put.ts'
import { fields, id, text, whole } from '../fields.ts'
import { communityScope } from '../record.ts'
import { fitsBond } from '../records/invite.ts'
import { bondAt, role, type Member, type Role } from '../records/member.ts'

const sha256 = v.pipe(v.string('bad_field'), v.regex(/^[0-9a-f]{64}$/, 'bad_field'))

/** 15 minutes as a QR code on a screen, 24 hours as a link. */
export const INVITE_MINUTES_MOST = 24 * 60

/**
 * An invitation for one phone. The secret was made on the inviter's device; only its hash travels. With `memberId` it is
 * for another phone of that member (换手机): whoever uses it is that member again, and joins the same database.
 */
export const createInvite = command({
  verb: 'invite/create',
  version: 1,
  args: fields({
    role,
    teamId: v.nullable(id),
    memberId: v.optional(v.nullable(id)),
    secretHash: sha256,
    codeHash: v.nullable(sha256),
    label: text(20),
    minutes: whole(1, INVITE_MINUTES_MOST),
  }),
  reads: ({ teamId, memberId = null }) => [
    ...(teamId === null ? [] : [row('team', teamId, communityScope)]),
    ...(memberId === null ? [] : [row('member', memberId, communityScope)]),
  ],
  decide({ args, actor, at, newId }, facts) {
    const { minutes, memberId = null, ...body } = args
    // An officer belongs to no team: an invitation that lay in a team's scope could be let in by its leader.
    if (args.role === 'officer' && args.teamId !== null) return refuse('bad_field')
    if (args.teamId !== null && facts.get('team', args.teamId) === 'absent') return refuse('not_found')
    const member = memberId === null ? null : facts.get('member', memberId)
    if (member === 'absent') return refuse('not_found')
    const objection = member === null || member === 'unknownHere' ? null : objectTo(member, args, actor, at.received)
    if (objection) return refuse(objection)
    const expiresAt = at.received + minutes * 60_000
    const fresh = { state: 'open' as const, deviceId: null, invitedBy: actor.memberId }
    return accept([put('invite', { id: newId(0), ...body, memberId, expiresAt, ...fresh })])
  },
})

/** What speaks against another phone for a member. */
function objectTo(
  member: Member,
  terms: { role: Role; teamId: string | null },
  actor: Actor,
  now: number,
): Refusal | null {
  const bond = bondAt(member, now)
  if (!TARGETS.inviteAgain(actor, bond)) return 'not_allowed'
  return bond && fitsBond(terms, bond) ? null : 'bad_field'
}
