import * as v from 'valibot'
import { choice, fields, id, text, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { deviceScope } from '../record.ts'

/** An answer that changed after it was given (a settled hold). It reaches the phone that asked through the feed. */
export const lateAnswer = kind({
  kind: 'lateAnswer',
  schema: fields({
    id,
    deviceId: id,
    commandId: id,
    result: choice(['applied', 'refused']),
    code: v.nullable(text(40)),
    /** When it was settled; answers of before it was noted have none. */
    settledAt: v.optional(time),
  }),
  scopeOf: (body) => deviceScope(body.deviceId),
})
export type LateAnswer = v.InferOutput<typeof lateAnswer.schema>
