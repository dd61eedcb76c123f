import { judgeAnswer } from './judgeAnswer.ts'
import type { QuizPack, QuizQuestion } from './quizPack.ts'
import type { RuleSet } from './ruleSet.ts'

export interface DrawOptions {
  readonly ruleSet: RuleSet
  /** Ids of the questions asked this session, oldest first. */
  readonly asked: readonly string[]
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** False for a member's own practice, where questions that are not for doors may come as well. True by default. */
  readonly atDoor?: boolean
  /** `item` asks for a bin, `rule` for true or false. Items alone by default. */
  readonly kinds?: readonly QuizQuestion['kind'][]
}

function pick<T>(from: readonly T[], random: () => number): T | undefined {
  return from[Math.min(from.length - 1, Math.floor(random() * from.length))]
}

/** Hard questions come up to three times as often as easy ones: they are where talk at the door helps. */
function pickByDifficulty(from: readonly QuizQuestion[], random: () => number): QuizQuestion | undefined {
  let left = random() * from.reduce((sum, question) => sum + question.difficulty, 0)
  for (const question of from) {
    left -= question.difficulty
    if (left < 0) return question
  }
  return from[from.length - 1]
}

/**
 * Draws the next question: first the answer (uniformly over those that still have a question, because half of all items
 * go into one bin and "residual" would always be a good guess), then within it a topic not yet asked, then by
 * difficulty. Nothing repeats until everything was asked; then the round starts anew without the very last question.
 * Undefined only when the pack has no question of these kinds.
 */
export function drawQuestion(pack: QuizPack, options: DrawOptions): QuizQuestion | undefined {
  const { ruleSet, asked, random, atDoor = true, kinds = ['item'] } = options
  const allowed = pack.questions.filter((question) => kinds.includes(question.kind) && (question.doorstep || !atDoor))
  const askedIds = new Set(asked)
  const fresh = allowed.filter((question) => !askedIds.has(question.id))
  const last = asked[asked.length - 1]
  const again = allowed.filter((question) => question.id !== last)
  const pool = fresh.length > 0 ? fresh : again.length > 0 ? again : allowed

  const byAnswer = new Map<string, QuizQuestion[]>()
  for (const question of pool) {
    const { answer } = judgeAnswer(question, '', ruleSet)
    byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), question])
  }
  const stratum = pick([...byAnswer.values()], random) ?? []
  const askedTopics = new Set(allowed.filter(({ id }) => askedIds.has(id)).map(({ topic }) => topic))
  const newTopics = stratum.filter(({ topic }) => !askedTopics.has(topic))
  return pickByDifficulty(newTopics.length > 0 ? newTopics : stratum, random)
}
