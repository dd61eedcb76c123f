import * as v from 'valibot'
import { choice, fields, id, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { stairwellScope } from '../record.ts'

/** 进不了楼: one event for the whole stairwell, instead of a "not home" at every door. */
export const noEntry = kind({
  kind: 'noEntry',
  schema: fields({
    id,
    stairwellId: id,
    roundId: id,
    reason: choice(['locked', 'guard', 'unsafe', 'other']),
    sessionId: v.nullable(id),
    recordedBy: id,
    triedAt: time,
  }),
  scopeOf: (body) => stairwellScope(body.stairwellId),
})
export type NoEntry = v.InferOutput<typeof noEntry.schema>
