import * as v from 'valibot'
import { choice, fields, id, list, text, time, whole } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { memberScope } from '../record.ts'

/** Time that a member served, written by itself from an evening's session. A submitted revision is frozen with its hash. */
export const serviceRecord = kind({
  kind: 'serviceRecord',
  schema: fields({
    id,
    memberId: id,
    sessionId: v.nullable(id),
    state: choice(['draft', 'submitted', 'confirmed', 'returned', 'rejected', 'revoked']),
    startedAt: time,
    endedAt: time,
    minutes: whole(0, 1440),
    doors: whole(0, 10_000),
    met: whole(0, 10_000),
    quizzed: whole(0, 10_000),
    stairwellIds: list(id, 100),
    sentence: text(200),
    revision: whole(1, 1e6),
    /** SHA-256 of the canonical JSON of everything above: what a stamp will name. */
    revisionHash: v.pipe(v.string('bad_field'), v.regex(/^[0-9a-f]{64}$/, 'bad_field')),
  }),
  scopeOf: (body) => memberScope(body.memberId),
})
export type ServiceRecord = v.InferOutput<typeof serviceRecord.schema>

export function mintServiceRecordId(sessionId: string): string {
  return mintId('serviceRecord', sessionId)
}
