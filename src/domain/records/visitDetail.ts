import type * as v from 'valibot'
import { fields, id, list } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { privateScope } from '../record.ts'

/** What only the author of a visit knows: which quiz answers were given in it, so that an undo finds them. */
export const visitDetail = kind({
  kind: 'visitDetail',
  schema: fields({ id, visitId: id, recordedBy: id, answerIds: list(id, 20) }),
  scopeOf: (body) => privateScope(body.recordedBy),
})
export type VisitDetail = v.InferOutput<typeof visitDetail.schema>

export function mintVisitDetailId(visitId: string): string {
  return mintId('visitDetail', visitId)
}
