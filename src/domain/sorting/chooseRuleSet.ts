import type { RuleSet, RuleSetId } from './ruleSet.ts'

/**
 * The edition to judge by: the one that the community chose, else the newest that holds on `today` (a day as
 * 2026-01-31), else the oldest. Undefined only for an empty list.
 */
export function chooseRuleSet(ruleSets: readonly RuleSet[], today: string, chosen?: RuleSetId): RuleSet | undefined {
  const byDate = [...ruleSets].sort((a, b) => (a.holdsFrom < b.holdsFrom ? -1 : 1))
  const holding = byDate.filter((ruleSet) => ruleSet.holdsFrom <= today)
  return byDate.find((ruleSet) => ruleSet.id === chosen) ?? holding[holding.length - 1] ?? byDate[0]
}
