import items from '../../../src/content/items.json' with { type: 'json' }
import quiz from '../../../src/content/quiz.json' with { type: 'json' }
import ruleSets from '../../../src/content/ruleSets.json' with { type: 'json' }
import type { ItemPack } from '../../../src/domain/sorting/itemPack.ts'
import type { QuizPack } from '../../../src/domain/sorting/quizPack.ts'
import type { RuleSet, RuleSetId, RuleSetPack } from '../../../src/domain/sorting/ruleSet.ts'

export const itemPack = items as unknown as ItemPack
export const quizPack = quiz as unknown as QuizPack
export const ruleSetPack = ruleSets as unknown as RuleSetPack

export function ruleSetOf(id: RuleSetId): RuleSet {
  const ruleSet = ruleSetPack.ruleSets.find((candidate) => candidate.id === id)
  if (ruleSet === undefined) throw new Error(`no rule set ${id}`)
  return ruleSet
}

/** A deterministic stream of numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
