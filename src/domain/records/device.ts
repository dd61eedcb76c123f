import * as v from 'valibot'
import { choice, fields, id, text, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { officersScope, teamScope } from '../record.ts'
import { role } from './member.ts'

/** A phone's enrolment. Pending until a leader has compared the six digits on both screens. */
export const device = kind({
  kind: 'device',
  schema: fields({
    id,
    memberId: id,
    /** The bond that confirming this phone gives its member. */
    role,
    teamId: v.nullable(id),
    name: text(40),
    matchCode: v.pipe(v.string('bad_field'), v.regex(/^[0-9]{6}$/, 'bad_field')),
    /** `draining`: it may still send what it has, and nothing else; then it is revoked. */
    state: choice(['pending', 'active', 'draining', 'revoked']),
    enrolledAt: time,
  }),
  scopeOf: (body) => (body.teamId === null ? officersScope : teamScope(body.teamId)),
})
export type Device = v.InferOutput<typeof device.schema>
