import * as v from 'valibot'
import { fields, id, time } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { stairwellScope } from '../record.ts'

/** 撤销: the event that takes a visit back. The visit itself stays. One per visit, so undoing twice is undoing once. */
export const visitVoid = kind({
  kind: 'visitVoid',
  schema: fields({
    id,
    visitId: id,
    stairwellId: id,
    roundId: id,
    doorId: id,
    sessionId: v.nullable(id),
    recordedBy: id,
    voidedAt: time,
  }),
  scopeOf: (body) => stairwellScope(body.stairwellId),
})
export type VisitVoid = v.InferOutput<typeof visitVoid.schema>

export function mintVisitVoidId(visitId: string): string {
  return mintId('visitVoid', visitId)
}
