import { foldSyllables } from './foldSyllables.ts'
import type { LookUpEntry, LookUpIndex, LookUpTerm, TermKind } from './buildLookUp.ts'
import { hasHan, normaliseWord } from './normaliseWord.ts'
import { oneEditApart, type Slip } from './oneEditApart.ts'
import { questionForms } from './questionForms.ts'

/** How the words of the query led to the answer. */
export type MatchedBy = 'name' | 'alias' | 'question' | 'pinyin' | 'initials' | 'part' | 'typo'

export interface LookUpAnswer extends LookUpEntry {
  readonly matchedBy: MatchedBy
  /** True when the words or their whole pinyin name the thing; false for a part, initials or a slip: a guess. */
  readonly sure: boolean
}

/**
 * Ladders of trust: lower is better. A ladder's steps are the kinds of term, the letters still missing, or the
 * likelihood of a slip; equal ranks are ties, and in a tie the tricky things come first.
 */
const ladder = {
  exact: 0,
  asked: 5,
  sound: 60,
  initials: 70,
  ending: 80,
  opening: 100,
  folded: 115,
  inner: 120,
  nearSound: 135,
  slip: 145,
  inside: 165,
  lastCharacter: 190,
} as const

const longestAskedStep = 16
const longestStep = 9

const kindStep: Record<TermKind, number> = { name: 0, alias: 1, bareName: 2 }
const kindMatch: Record<TermKind, MatchedBy> = { name: 'name', alias: 'alias', bareName: 'name' }

/** Slips of the finger, the likeliest first. */
const slipStep: Record<Slip, number> = { same: 0, swapped: 1, missing: 2, extra: 2, changed: 3 }

/** Below these lengths nearly every word is one slip away, or begins with the query. */
const shortest = { slip: 3, opening: 2, inner: 3 } as const

interface Find {
  rank: number
  matchedBy: MatchedBy
  term: LookUpTerm
}

type Finds = Map<number, Find>

function add(finds: Finds, term: LookUpTerm | undefined, rank: number, matchedBy: MatchedBy): void {
  if (term === undefined) return
  const known = finds.get(term.entry)
  if (known === undefined || rank < known.rank) finds.set(term.entry, { rank, matchedBy, term })
}

const missingStep = (missing: number) => Math.min(missing, longestStep)

/** The query's letters as typed, its Chinese characters as their usual syllables. */
function lettersOf(text: string, index: LookUpIndex): string {
  let letters = ''
  for (const character of text) letters += index.syllableOf.get(character) ?? character
  return letters
}

/** Names, aliases and the thing in a question, word for word. */
function addExact(finds: Finds, index: LookUpIndex, forms: readonly string[]): void {
  forms.forEach((form, step) => {
    for (const at of index.byText.get(form) ?? []) {
      const term = index.terms[at]
      if (term === undefined) continue
      if (step === 0) add(finds, term, ladder.exact + kindStep[term.kind], kindMatch[term.kind])
      else add(finds, term, ladder.asked + 3 * Math.min(step, longestAskedStep) + kindStep[term.kind], 'question')
    }
  })
}

/** Pinyin in full, by initials, in part, or with a slip. `accepts` keeps to words with the characters already typed. */
function addSpoken(finds: Finds, index: LookUpIndex, letters: string, accepts: (term: LookUpTerm) => boolean): void {
  const addAll = (at: readonly number[] | undefined, rank: (term: LookUpTerm) => number, matchedBy: MatchedBy) => {
    for (const one of at ?? []) {
      const term = index.terms[one]
      if (term !== undefined && accepts(term)) add(finds, term, rank(term), matchedBy)
    }
  }
  // Another reading of a character counts less than the usual one, of an alias as of a name.
  const unusual = (term: LookUpTerm) => (term.spoken[0] === letters ? 0 : 4)
  addAll(index.bySpoken.get(letters), (term) => ladder.sound + unusual(term) + kindStep[term.kind], 'pinyin')
  addAll(index.byInitials.get(letters), () => ladder.initials, 'initials')
  addAll(index.byFolded.get(foldSyllables(letters)), (term) => ladder.folded + kindStep[term.kind], 'typo')
  if (letters.length < shortest.opening) return
  for (const term of index.terms) {
    if (!accepts(term)) continue
    const [usual = ''] = term.spoken
    const missing = usual.length - letters.length
    if (missing > 0 && usual.startsWith(letters)) add(finds, term, ladder.opening + missingStep(missing), 'pinyin')
    else if (term.initials[0]?.startsWith(letters)) add(finds, term, ladder.opening + longestStep, 'initials')
    else if (missing > 0 && letters.length >= shortest.inner) {
      const within = term.starts.some((start) => start > 0 && usual.startsWith(letters, start))
      if (within) add(finds, term, ladder.inner + missingStep(missing), 'pinyin')
    }
    if (letters.length < shortest.slip) continue
    for (const spoken of term.spoken) {
      const slip = oneEditApart(letters, spoken)
      if (slip !== undefined && slip !== 'same') {
        add(finds, term, ladder.slip + 3 * slipStep[slip] + kindStep[term.kind], 'typo')
      }
    }
  }
}

/** Words that lie inside the query ("old school bag"): the one at its end is the thing, the others describe it. */
function addContained(finds: Finds, index: LookUpIndex, text: string): void {
  let covered = 0
  for (let start = 0; start < text.length - 1; start += 1) {
    const longest = Math.min(index.longestTerm, text.length - start)
    for (let length = longest; length >= 2 && start + length > covered; length -= 1) {
      const at = index.byText.get(text.slice(start, start + length))
      if (at === undefined) continue
      covered = start + length
      // In Chinese the last word says what a thing is: a cake box is no cake.
      if (covered === text.length - 1) break
      const step = Math.max(0, index.longestTerm - length)
      const rank = covered === text.length ? ladder.ending : ladder.inside
      for (const one of at) add(finds, index.terms[one], rank + Math.min(step, 15), 'part')
      break
    }
  }
  if (text.length <= 3) {
    for (const one of index.byText.get(text.slice(-1)) ?? []) add(finds, index.terms[one], ladder.lastCharacter, 'part')
  }
}

/** Words that hold the query, for someone who is still typing or knows half of the name. */
function addHolding(finds: Finds, index: LookUpIndex, text: string): void {
  for (const term of index.terms) {
    const missing = term.text.length - text.length
    if (missing <= 0) continue
    if (term.text.startsWith(text) || term.text.endsWith(text)) {
      add(finds, term, ladder.opening + missingStep(missing), 'part')
    } else if (text.length > 1 && term.text.includes(text)) {
      add(finds, term, ladder.inner + missingStep(missing), 'part')
    }
  }
}

/** Chinese with a slip: another character of the same or nearly the same sound, or one character wrong. */
function addMistyped(finds: Finds, index: LookUpIndex, text: string): void {
  const letters = lettersOf(text, index)
  for (const at of index.bySpoken.get(letters) ?? []) {
    const term = index.terms[at]
    if (term?.text.length === text.length) add(finds, term, ladder.sound + kindStep[term.kind], 'typo')
  }
  for (const at of index.byFolded.get(foldSyllables(letters)) ?? []) {
    const term = index.terms[at]
    if (term?.text.length === text.length) add(finds, term, ladder.folded + kindStep[term.kind], 'typo')
  }
  for (const term of index.terms) {
    if (Math.abs(term.text.length - text.length) > 1) continue
    const slip = Math.max(term.text.length, text.length) >= shortest.slip ? oneEditApart(text, term.text) : undefined
    if (slip !== undefined && term.text.length === text.length) {
      const near = term.spoken.some((spoken) => oneEditApart(letters, spoken) !== undefined)
      if (near) add(finds, term, ladder.nearSound + kindStep[term.kind], 'typo')
    }
    // One character more at the end makes another thing, unless it merely stutters.
    const another = slip === 'extra' && text.startsWith(term.text) && text.slice(-1) !== text.slice(-2, -1)
    if (slip !== undefined && slip !== 'same' && !another) {
      add(finds, term, ladder.slip + 3 * slipStep[slip] + kindStep[term.kind], 'typo')
    }
  }
}

const sharesCharacters = (text: string) => {
  const characters = [...text].filter(hasHan)
  return (term: LookUpTerm) => characters.every((character) => term.text.includes(character))
}

function addGuesses(finds: Finds, index: LookUpIndex, form: string): void {
  if (hasHan(form)) {
    addHolding(finds, index, form)
    addContained(finds, index, form)
    addMistyped(finds, index, form)
  }
  if (/[a-z]/.test(form)) addSpoken(finds, index, lettersOf(form, index), sharesCharacters(form))
}

/**
 * What a person may mean by `query`, best first: a name, an alias or Cantonese word, pinyin in full or by initials, a
 * part, a whole question, or any of them with one slip. Never throws, whatever the text; at most `limit` answers, each
 * thing once; the work is bounded because the query is cut (normaliseWord.ts).
 */
export function lookUp(index: LookUpIndex, query: string, limit = 8): LookUpAnswer[] {
  const text = normaliseWord(query, index.spelling)
  if (text === '') return []
  const { forms, core } = questionForms(text, index.questionWords)
  const finds: Finds = new Map()
  addExact(finds, index, forms)
  if (finds.size > 0) {
    // Named outright: no guess is added, only what is called alike.
    const [named] = [...finds.values()].sort((left, right) => left.rank - right.rank)
    if (named !== undefined) addHolding(finds, index, named.term.text)
  } else {
    // The barest form as well, in case the core still holds a filler.
    const bare = forms.reduce((short, form) => (form.length > 1 && form.length < short.length ? form : short), core)
    for (const form of new Set([core, bare])) addGuesses(finds, index, form)
  }
  return [...finds.entries()]
    .sort(([a, left], [b, right]) => {
      const trickier = Number(index.entries[b]?.tricky) - Number(index.entries[a]?.tricky)
      const kinds = kindStep[left.term.kind] - kindStep[right.term.kind]
      return left.rank - right.rank || trickier || kinds || left.term.text.length - right.term.text.length || a - b
    })
    .slice(0, Math.max(0, limit))
    .flatMap(([at, { rank, matchedBy }]) => {
      const entry = index.entries[at]
      return entry === undefined ? [] : [{ ...entry, matchedBy, sure: rank < ladder.initials && matchedBy !== 'typo' }]
    })
}
