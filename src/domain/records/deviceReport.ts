import * as v from 'valibot'
import { fields, id, time, whole } from '../fields.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

/**
 * What a phone last said of itself: how many saved things it had not sent. It feeds "n 台手机未同步" and nothing else,
 * so it is rewritten only when that sentence would change.
 */
export const deviceReport = kind({
  kind: 'deviceReport',
  schema: fields({ id, memberId: id, unsent: whole(0, 1e6), reportedAt: v.nullable(time) }),
  scopeOf: () => communityScope,
})
export type DeviceReport = v.InferOutput<typeof deviceReport.schema>
