import type { ItemPack } from '../domain/sorting/itemPack.ts'
import type { QuizPack } from '../domain/sorting/quizPack.ts'
import type { RuleSetPack } from '../domain/sorting/ruleSet.ts'

// The packs are chunks of their own, precached with the shell: none of them is part of the first page. The compiler
// sees tuples of JSON as mixed arrays, hence the casts; tests/content checks every pack against its schema.

/** Items, special streams and all that the look-up needs. */
export async function loadItemPack(): Promise<ItemPack> {
  const pack: unknown = (await import('./items.json', { with: { type: 'json' } })).default
  return pack as ItemPack
}

/** The questions of the quiz. */
export async function loadQuizPack(): Promise<QuizPack> {
  const pack: unknown = (await import('./quiz.json', { with: { type: 'json' } })).default
  return pack as QuizPack
}

/** The editions of the city's guide, oldest first. */
export async function loadRuleSetPack(): Promise<RuleSetPack> {
  const pack: unknown = (await import('./ruleSets.json', { with: { type: 'json' } })).default
  return pack as RuleSetPack
}
