import * as v from 'valibot'
import { fields, id, text } from '../domain/fields.ts'
import type { Role } from '../domain/records/member.ts'

const secret = v.pipe(v.string('bad_field'), v.regex(/^[A-Za-z0-9_.-]{8,80}$/, 'bad_field'))

/**
 * `POST /api/enrol`: a phone asks to join with an invitation's secret or with the short code that stands for it.
 * `unsentOf` names the member whose unsent work lies on the phone: an invitation that would make it somebody else's is
 * then answered `unsent_of_another` and not used up. A known member keeps the known name, whatever `name` says.
 */
export const enrolRequest = fields({
  secret,
  name: text(20, 1),
  deviceName: text(40),
  unsentOf: v.optional(id),
})
export type EnrolRequest = v.InferOutput<typeof enrolRequest>

/** `POST /api/enter`: a one-time link from the operator's terminal. The first officer also names the community. */
export const enterRequest = fields({
  secret,
  name: v.optional(text(20, 1)),
  community: v.optional(text(60, 1)),
  deviceName: text(40),
})
export type EnterRequest = v.InferOutput<typeof enterRequest>

/** What both answer, and `GET /api/me` too: who this device is. */
export interface Standing {
  community: { id: string; name: string }
  memberId: string
  deviceId: string
  name: string
  role: Role | null
  teamId: string | null
  state: 'pending' | 'active'
  matchCode: string | null
  serverTime: number
}
