import type { QuizQuestion } from './quizPack.ts'
import type { RuleSet, RuleSetId } from './ruleSet.ts'

/** What a resident's answer was worth, and by which edition: the verdict keeps the set that it was judged by. */
export interface Judgement {
  readonly correct: boolean
  /** The right answer: a bin for an item, 'true' or 'false' for a rule. */
  readonly answer: QuizQuestion['answer']
  readonly explanation: string
  readonly source: string
  readonly ruleSetId: RuleSetId
}

/** What the edition answers: its override of the question's item, else the question's own answer. */
export function judgeAnswer(question: QuizQuestion, chosen: string, ruleSet: RuleSet): Judgement {
  const override =
    question.kind === 'item' ? ruleSet.overrides.find((candidate) => candidate.item === question.item) : undefined
  const answer = override?.category ?? question.answer
  return {
    correct: chosen === answer,
    answer,
    explanation: override?.tip ?? question.explanation,
    source: override?.source ?? question.source,
    ruleSetId: ruleSet.id,
  }
}
