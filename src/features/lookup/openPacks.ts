import { loadItemPack, loadRuleSetPack } from '../../content/loadPacks.ts'
import { buildLookUp, type LookUpIndex } from '../../domain/sorting/buildLookUp.ts'
import { chooseRuleSet } from '../../domain/sorting/chooseRuleSet.ts'
import type { BinCategory } from '../../domain/sorting/itemPack.ts'
import type { RuleSet } from '../../domain/sorting/ruleSet.ts'

/** The packs, opened: one edition to judge by, and what the others say of the things that they judge differently. */
export interface OpenPacks {
  readonly index: LookUpIndex
  readonly ruleSet: RuleSet
  readonly otherEditions: (name: string) => readonly { edition: string; category: BinCategory }[]
}

let opened: Promise<OpenPacks> | undefined

async function open(today: string): Promise<OpenPacks> {
  const [itemPack, { ruleSets }] = await Promise.all([loadItemPack(), loadRuleSetPack()])
  const ruleSet = chooseRuleSet(ruleSets, today)
  if (ruleSet === undefined) throw new Error('the rule set pack is empty')
  const usual = new Map(itemPack.items.map(([name, category]) => [name, itemPack.categories[category]]))
  const says = (edition: RuleSet, name: string) =>
    edition.overrides.find((override) => override.item === name)?.category ?? usual.get(name)
  return {
    index: buildLookUp(itemPack, ruleSet),
    ruleSet,
    otherEditions: (name) =>
      ruleSets.flatMap((other) => {
        const category = says(other, name)
        const differs = category !== undefined && category !== says(ruleSet, name)
        return differs ? [{ edition: other.edition, category }] : []
      }),
  }
}

/**
 * Opens the packs once for the life of the page; they lie in the shell's cache, so this works offline. A failure is not
 * kept: the next call tries again.
 */
export function openPacks(today: string): Promise<OpenPacks> {
  opened ??= open(today).catch((trouble: unknown) => {
    opened = undefined
    throw trouble
  })
  return opened
}
