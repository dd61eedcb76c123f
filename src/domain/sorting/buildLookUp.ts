import { foldSyllables } from './foldSyllables.ts'
import type { BinCategory, ItemPack } from './itemPack.ts'
import { hasHan, normaliseWord, type Spelling } from './normaliseWord.ts'
import { prepareQuestionWords, type QuestionWords } from './questionForms.ts'
import type { RuleSet } from './ruleSet.ts'

/** One thing that can be asked for, judged by the index's rule set. */
export interface LookUpEntry {
  readonly name: string
  readonly category: BinCategory | 'special'
  readonly tip: string
  readonly tricky: boolean
  /** Where the answer comes from, in plain words. */
  readonly source: string
  /** For `special`: the stream outside the four bins. */
  readonly group?: string
  /** The thing that people wrongly treat alike, and where that goes. */
  readonly unlike?: { readonly name: string; readonly category: BinCategory | 'special' }
  /** What other cities do with it. */
  readonly elsewhere?: string
}

/** How a term stands to its entry; the order is the order of trust. */
export type TermKind = 'name' | 'alias' | 'bareName'

/** One word under which an entry is found. */
export interface LookUpTerm {
  readonly text: string
  readonly entry: number
  readonly kind: TermKind
  /** Ways to type its pinyin without blanks, the usual one first. */
  readonly spoken: readonly string[]
  /** Where each syllable of the usual pinyin begins. */
  readonly starts: readonly number[]
  readonly initials: readonly string[]
}

export interface LookUpIndex {
  readonly ruleSetId: RuleSet['id']
  readonly entries: readonly LookUpEntry[]
  readonly terms: readonly LookUpTerm[]
  readonly byText: ReadonlyMap<string, readonly number[]>
  readonly bySpoken: ReadonlyMap<string, readonly number[]>
  /** By what `foldSyllables` makes of the pinyin. */
  readonly byFolded: ReadonlyMap<string, readonly number[]>
  readonly byInitials: ReadonlyMap<string, readonly number[]>
  readonly syllableOf: ReadonlyMap<string, string>
  readonly spelling: Spelling
  readonly questionWords: QuestionWords
  readonly longestTerm: number
}

/** More ways to read one word than this add noise, not finds. */
const mostReadings = 8

function pairs(text: string): (readonly [string, string])[] {
  const words = text.split(' ')
  return words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ''] as const] : []))
}

function spellingOf(pack: ItemPack): Spelling {
  const simplified = new Map<string, string>()
  for (let at = 0; at + 1 < pack.traditional.length; at += 2) {
    simplified.set(pack.traditional.charAt(at), pack.traditional.charAt(at + 1))
  }
  return { simplified, synonyms: pairs(pack.questionWords.synonyms) }
}

function entriesOf(pack: ItemPack, ruleSet: RuleSet): LookUpEntry[] {
  const overrides = new Map(ruleSet.overrides.map((override) => [override.item, override]))
  const words = (at: number) => pack.sources[at]?.[1] ?? ''
  const plain: LookUpEntry[] = [
    ...pack.items.map(([name, category, , tip, tricky, source]) => {
      const override = overrides.get(name)
      return {
        name,
        category: override?.category ?? pack.categories[category] ?? 'residual',
        tip: override?.tip ?? pack.tips[tip] ?? '',
        tricky: tricky === 1,
        source: override?.source ?? words(source),
      }
    }),
    ...pack.specials.map(([name, group, tip, source]) => ({
      name,
      category: 'special' as const,
      tip,
      tricky: false,
      source: words(source),
      group: ruleSet.groupNames[group] ?? group,
    })),
  ]
  const categoryOf = new Map(plain.map((entry) => [entry.name, entry.category]))
  const unlikeOf = new Map(pack.unlike)
  const elsewhereOf = new Map(
    pack.differences.flatMap(([names, , text]) => names.split(';').map((name) => [name, text])),
  )
  return plain.map((entry) => {
    const unlike = unlikeOf.get(entry.name)
    const category = unlike === undefined ? undefined : categoryOf.get(unlike)
    const elsewhere = elsewhereOf.get(entry.name)
    return {
      ...entry,
      // Under another edition the two may have come to lie in one bin: then there is no trap.
      ...(unlike !== undefined && category !== undefined && category !== entry.category
        ? { unlike: { name: unlike, category } }
        : {}),
      ...(elsewhere === undefined ? {} : { elsewhere }),
    }
  })
}

/** Every way to type the syllables: as spoken in this word, and with one character read otherwise. */
function readingsOf(
  usual: readonly string[],
  text: string,
  syllableOf: ReadonlyMap<string, string>,
  others: ReadonlyMap<string, readonly string[]>,
): string[][] {
  const readings: string[][] = [[...usual]]
  const add = (reading: string[]) => {
    if (readings.length < mostReadings && !readings.some((known) => known.join('') === reading.join('')))
      readings.push(reading)
  }
  const characters = [...text]
  add(characters.map((character, at) => syllableOf.get(character) ?? usual[at] ?? character))
  characters.forEach((character, at) => {
    for (const other of others.get(character) ?? [])
      add(usual.map((syllable, place) => (place === at ? other : syllable)))
  })
  // Not every keyboard knows v for u with two dots.
  if (usual.some((syllable) => syllable === 'lv' || syllable === 'nv')) {
    add(usual.map((syllable) => (syllable === 'lv' ? 'lu' : syllable === 'nv' ? 'nu' : syllable)))
  }
  return readings
}

/** A name may carry a remark in full-width brackets that nobody types. */
function withoutRemark(name: string): string {
  const open = name.indexOf('\uff08')
  return open > 0 ? name.slice(0, open) : name
}

/** Appends to the list under a key. */
function file(map: Map<string, number[]>, key: string, term: number): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [term])
  else if (!list.includes(term)) list.push(term)
}

/** The words under which every entry is found, each with its kind. */
function wordsOf(pack: ItemPack): { word: string; entry: number; kind: TermKind }[] {
  const words: { word: string; entry: number; kind: TermKind }[] = []
  const entryOf = new Map<string, number>()
  const addName = (name: string, entry: number) => {
    entryOf.set(name, entry)
    words.push({ word: name, entry, kind: 'name' })
  }
  pack.items.forEach(([name, , aliases], entry) => {
    addName(name, entry)
    for (const alias of aliases.split(';')) {
      words.push({ word: alias, entry, kind: 'alias' })
      // An alias may name the thing and its state, parted by a comma.
      const thing = alias.split(',')[0] ?? ''
      if (thing !== alias) words.push({ word: thing, entry, kind: 'alias' })
    }
  })
  pack.specials.forEach(([name], at) => addName(name, pack.items.length + at))
  for (const [word, name] of pack.cantonese) words.push({ word, entry: entryOf.get(name) ?? -1, kind: 'alias' })
  // Last, because the same word as an alias is the stronger claim.
  for (const [name, entry] of entryOf) words.push({ word: withoutRemark(name), entry, kind: 'bareName' })
  return words.filter(({ word, entry }) => word !== '' && entry >= 0)
}

/**
 * Builds everything that a look-up needs, once per rule set: some ten milliseconds for 1,500 items, after which a query
 * touches no table of the pack. Pure; the pack is trusted (tests check it against its schema).
 */
export function buildLookUp(pack: ItemPack, ruleSet: RuleSet): LookUpIndex {
  const spelling = spellingOf(pack)
  const syllableOf = new Map<string, string>()
  for (const [syllable, characters] of Object.entries(pack.syllables)) {
    for (const character of characters) syllableOf.set(character, syllable)
  }
  const others = new Map(pack.otherReadings.map(([character, readings]) => [character, readings.split(' ')]))
  const terms: LookUpTerm[] = []
  const byText = new Map<string, number[]>()
  const bySpoken = new Map<string, number[]>()
  const byFolded = new Map<string, number[]>()
  const byInitials = new Map<string, number[]>()
  let longestTerm = 0
  const known = new Set<string>()
  for (const { word, entry, kind } of wordsOf(pack)) {
    const text = normaliseWord(word, spelling)
    if (text === '' || known.has(`${text}:${entry}`)) continue
    known.add(`${text}:${entry}`)
    const usual =
      pack.readings[text]?.split(' ') ?? [...text].map((character) => syllableOf.get(character) ?? character)
    const readings = readingsOf(usual, text, syllableOf, others)
    const starts: number[] = []
    usual.reduce((at, syllable) => (starts.push(at), at + syllable.length), 0)
    const spoken = [...new Set(readings.map((reading) => reading.join('')))]
    const initials = [...new Set(readings.map((reading) => reading.map((syllable) => syllable.charAt(0)).join('')))]
    const term = terms.push({ text, entry, kind, spoken, starts, initials }) - 1
    file(byText, text, term)
    for (const one of spoken) {
      file(bySpoken, one, term)
      file(byFolded, foldSyllables(one), term)
    }
    for (const one of initials) file(byInitials, one, term)
    if (hasHan(text) && text.length > longestTerm) longestTerm = text.length
  }
  return {
    ruleSetId: ruleSet.id,
    entries: entriesOf(pack, ruleSet),
    terms,
    byText,
    bySpoken,
    byFolded,
    byInitials,
    syllableOf,
    spelling,
    questionWords: prepareQuestionWords(pack.questionWords),
    longestTerm,
  }
}
