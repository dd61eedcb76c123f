import * as v from 'valibot'
import { choice, fields, id, text, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { officersScope, teamScope } from '../record.ts'
import { role, type Bond } from './member.ts'

const sha256 = v.pipe(v.string('bad_field'), v.regex(/^[0-9a-f]{64}$/, 'bad_field'))

/** A single-use invitation. Only hashes of its secret and of its short code are kept; the secret stays with the inviter. */
export const invite = kind({
  kind: 'invite',
  schema: fields({
    id,
    role,
    teamId: v.nullable(id),
    /** The member whose other phone this is for (换手机); `null` for somebody new. */
    memberId: v.nullable(id),
    secretHash: sha256,
    codeHash: v.nullable(sha256),
    label: text(20),
    invitedBy: id,
    expiresAt: time,
    state: choice(['open', 'used', 'withdrawn']),
    deviceId: v.nullable(id),
  }),
  scopeOf: (body) => (body.teamId === null ? officersScope : teamScope(body.teamId)),
})
export type Invite = v.InferOutput<typeof invite.schema>

/**
 * Role and team of an invitation for another phone of somebody who has this bond. An officer's lies in no team's scope,
 * where its leader could let a phone in.
 */
export function termsOf({ role, teamId }: Pick<Bond, 'role' | 'teamId'>): Pick<Invite, 'role' | 'teamId'> {
  return { role, teamId: role === 'officer' ? null : teamId }
}

/** Whether an invitation for a known member still fits the bond that the member has now. */
export function fitsBond(terms: Pick<Invite, 'role' | 'teamId'>, bond: Bond): boolean {
  const due = termsOf(bond)
  return terms.role === due.role && terms.teamId === due.teamId
}
