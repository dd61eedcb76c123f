import * as v from 'valibot'
import { choice, fields, id, text, time, whole } from '../fields.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

/** One campaign over the same doors. The open round with the highest number is the current one. */
export const round = kind({
  kind: 'round',
  schema: fields({
    id,
    number: whole(1, 10_000),
    name: text(30, 1),
    startsOn: v.pipe(v.string('bad_field'), v.isoDate('bad_field')),
    state: choice(['open', 'closed']),
    /** When it was closed, ms on the server's clock; from then on its events grow old (SYNC-12). */
    closedAt: v.optional(time),
    revision: whole(0, 1e9),
  }),
  scopeOf: () => communityScope,
})
export type Round = v.InferOutput<typeof round.schema>
