import * as v from 'valibot'
import { fields, id } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { stairwellScope } from '../record.ts'

/** That a quiz took place in a visit, and nothing of what was answered. */
export const quizTaken = kind({
  kind: 'quizTaken',
  schema: fields({
    id,
    visitId: id,
    stairwellId: id,
    roundId: id,
    doorId: id,
    sessionId: v.nullable(id),
    recordedBy: id,
  }),
  scopeOf: (body) => stairwellScope(body.stairwellId),
})
export type QuizTaken = v.InferOutput<typeof quizTaken.schema>

export function mintQuizTakenId(visitId: string): string {
  return mintId('quizTaken', visitId)
}
