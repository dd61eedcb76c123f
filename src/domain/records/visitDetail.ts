import type * as v from 'valibot'
import { fields, id, list } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { outcome } from '../outcome.ts'
import { privateScope } from '../record.ts'

/** What only the author of a visit knows: the outcome as told, and which quiz answers were given in it. */
export const visitDetail = kind({
  kind: 'visitDetail',
  schema: fields({ id, visitId: id, recordedBy: id, outcome, answerIds: list(id, 20) }),
  scopeOf: (body) => privateScope(body.recordedBy),
})
export type VisitDetail = v.InferOutput<typeof visitDetail.schema>

export function mintVisitDetailId(visitId: string): string {
  return mintId('visitDetail', visitId)
}
