import itemPack from '../../src/content/items.json' with { type: 'json' }
import ruleSetPack from '../../src/content/ruleSets.json' with { type: 'json' }
import { chooseRuleSet } from '../../src/domain/sorting/chooseRuleSet.ts'
import type { ItemPack } from '../../src/domain/sorting/itemPack.ts'
import { buildLookUp } from '../../src/domain/sorting/buildLookUp.ts'
import { lookUp, type LookUpAnswer } from '../../src/domain/sorting/lookUp.ts'
import type { RuleSetPack } from '../../src/domain/sorting/ruleSet.ts'

/** One answer of `lookup --json`, as docs of the command line promise it. */
export type LookUpLine = Pick<LookUpAnswer, 'name' | 'category' | 'matchedBy' | 'tip'>

/** Initials alone can name a dozen things; more answers than this help nobody. */
const mostAnswers = 30

/** The answers for each word, best first, by the newest edition that holds on `today` (a day as 2026-01-31). */
export function lookUpWords(words: readonly string[], today = new Date().toISOString().slice(0, 10)): LookUpLine[][] {
  const ruleSets: unknown = ruleSetPack
  const items: unknown = itemPack
  const ruleSet = chooseRuleSet((ruleSets as RuleSetPack).ruleSets, today)
  if (ruleSet === undefined) throw new Error('the rule set pack is empty')
  const index = buildLookUp(items as ItemPack, ruleSet)
  return words.map((word) =>
    lookUp(index, word, mostAnswers).map(({ name, category, matchedBy, tip }) => ({ name, category, matchedBy, tip })),
  )
}
