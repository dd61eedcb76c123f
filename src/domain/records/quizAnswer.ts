import * as v from 'valibot'
import { choice, fields, flag, id, text } from '../fields.ts'
import { kind } from '../kind.ts'
import { stairwellScope } from '../record.ts'

export const BINS = ['kitchen', 'recyclable', 'hazardous', 'residual'] as const

/** One answer to one question, kept per stairwell and day and never per door, with the rule set that judged it. */
export const quizAnswer = kind({
  kind: 'quizAnswer',
  schema: fields({
    id,
    stairwellId: id,
    roundId: id,
    questionId: text(20, 1),
    ruleSetId: text(20, 1),
    chosen: v.union([choice(BINS), text(40)], 'bad_field'),
    correct: flag,
    /** Local date (YYYY-MM-DD) in Guangzhou; the hour would lead back to the door. */
    answeredOn: v.pipe(v.string('bad_field'), v.isoDate('bad_field')),
  }),
  scopeOf: (body) => stairwellScope(body.stairwellId),
})
export type QuizAnswer = v.InferOutput<typeof quizAnswer.schema>
