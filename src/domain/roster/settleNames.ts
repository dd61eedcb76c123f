import type { PlaceName } from './placeNames.ts'
import { isNowhere } from './placeNames.ts'

/** # and a bare number are no words: they take the ledger's own. */
const isWordless = (name: PlaceName): boolean => name.word === '' || name.word === '#'
const isNamed = (name: PlaceName): boolean => name.word === '='

function mostFrequent(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  let best: string | undefined
  for (const [word, count] of counts) if (best === undefined || count > (counts.get(best) ?? 0)) best = word
  return best
}

const wordsOf = (names: readonly PlaceName[]): string[] =>
  names.filter((name) => !isNamed(name) && !isWordless(name)).map((name) => name.word)

/**
 * Gives every numbered name of one group its word: the word most used for the same number, else the group's, else the
 * fallback (the column's header). 座 is a word of its own: 3座 is not 3栋 unless the line had no word at all.
 */
export function settleWords(names: readonly PlaceName[], fallback: (name: PlaceName) => string): PlaceName[] {
  const common = mostFrequent(wordsOf(names))
  const byStem = new Map<string, PlaceName[]>()
  for (const name of names) {
    const key = `${name.stem}\n${name.tail}\n${name.word === '座' ? '座' : ''}`
    const group = byStem.get(key)
    if (group) group.push(name)
    else byStem.set(key, [name])
  }
  const settled = new Map<string, string>()
  for (const [key, group] of byStem) {
    const own = wordsOf(group)
    // The group's common word wins a tie, so that 2号楼 beside 2栋 follows the other buildings.
    const winner =
      common !== undefined && own.filter((word) => word === common).length * 2 >= own.length
        ? common
        : mostFrequent(own)
    if (own.length > 0 && winner !== undefined) settled.set(key, winner)
  }
  return names.map((name) => {
    if (isNamed(name) || isNowhere(name)) return name
    const key = `${name.stem}\n${name.tail}\n${name.word === '座' ? '座' : ''}`
    const word = settled.get(key) ?? common ?? fallback(name)
    return { ...name, word }
  })
}
