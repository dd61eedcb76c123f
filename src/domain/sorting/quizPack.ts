import {
  array,
  boolean,
  integer,
  literal,
  maxValue,
  minLength,
  minValue,
  number,
  object,
  optional,
  picklist,
  pipe,
  string,
  tuple,
  variant,
  type InferOutput,
} from 'valibot'
import { binCategories } from './itemPack.ts'

const text = pipe(string(), minLength(1))

const everyQuestion = {
  id: text,
  prompt: text,
  explanation: text,
  difficulty: pipe(number(), integer(), minValue(1), maxValue(3)),
  topic: text,
  /** False for questions that are never asked at a door, such as those on fines. */
  doorstep: boolean(),
  /** Plain words; `citation` is the same as the tables write it. */
  source: text,
  citation: text,
}

/** "Which bin?": answered by a bin. `item` names the item of the pack that the question is about. */
const itemQuestion = object({
  ...everyQuestion,
  kind: literal('item'),
  options: array(picklist(binCategories)),
  answer: picklist(binCategories),
  item: optional(text),
})

/** A statement about the rules: true or false. */
const ruleQuestion = object({
  ...everyQuestion,
  kind: literal('rule'),
  options: tuple([literal('true'), literal('false')]),
  answer: picklist(['true', 'false']),
})

export const quizQuestionSchema = variant('kind', [itemQuestion, ruleQuestion])
export const quizPackSchema = object({ version: number(), questions: array(quizQuestionSchema) })

export type QuizQuestion = InferOutput<typeof quizQuestionSchema>
export type QuizPack = InferOutput<typeof quizPackSchema>
