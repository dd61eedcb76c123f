import { expect, test } from 'vitest'
import { chooseRuleSet } from '../../../src/domain/sorting/chooseRuleSet.ts'
import { ruleSetPack } from './packs.ts'

test.each([
  ['2026-01-31', undefined, 'gz2023'],
  ['2023-05-22', undefined, 'gz2023'],
  ['2023-05-21', undefined, 'gz2019'],
  ['2018-01-01', undefined, 'gz2019'],
  ['2026-01-31', 'gz2019', 'gz2019'],
] as const)('on %s with the choice %s: %s', (today, chosen, id) => {
  expect(chooseRuleSet(ruleSetPack.ruleSets, today, chosen)?.id).toBe(id)
})

test('no rule sets, no choice', () => {
  expect(chooseRuleSet([], '2026-01-31')).toBeUndefined()
})
