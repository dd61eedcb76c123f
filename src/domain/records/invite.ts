import * as v from 'valibot'
import { choice, fields, id, text, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { officersScope, teamScope } from '../record.ts'
import { role } from './member.ts'

const sha256 = v.pipe(v.string('bad_field'), v.regex(/^[0-9a-f]{64}$/, 'bad_field'))

/** A single-use invitation. Only hashes of its secret and of its short code are kept; the secret stays with the inviter. */
export const invite = kind({
  kind: 'invite',
  schema: fields({
    id,
    role,
    teamId: v.nullable(id),
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
