import type { ItemPack } from './itemPack.ts'

/** The words that stand around the thing in a question, longest first. */
export interface QuestionWords {
  readonly endings: readonly string[]
  readonly targets: readonly string[]
  readonly throwing: readonly string[]
  readonly openings: readonly string[]
  readonly possessive: string
}

const list = (text: string): string[] => text.split(' ')

/** Every way to say a word of each list after another. */
const join = (...lists: readonly (readonly string[])[]): string[] =>
  lists.reduce<string[]>((heads, tails) => heads.flatMap((head) => tails.map((tail) => head + tail)), [''])

const longestFirst = (words: readonly string[]): string[] =>
  [...new Set(words)].filter((word) => word !== '').sort((a, b) => b.length - a.length)

/** Multiplies the pack's short lists out ("which" × "bin"), once per index. */
export function prepareQuestionWords(words: ItemPack['questionWords']): QuestionWords {
  const orNothing = (text: string) => ['', ...list(text)]
  return {
    endings: longestFirst(list(words.endings)),
    targets: longestFirst([
      ...join(list(words.which), orNothing(words.kinds)),
      ...join(list(words.how), list(words.doing)),
      ...join(list(words.whether), orNothing(words.putting), list(words.bins)),
      ...list(words.topics),
    ]),
    throwing: longestFirst([
      ...join(list(words.throwing), orNothing(words.into)),
      ...list(words.being),
      ...list(words.duty),
      ...list(words.endings),
    ]),
    openings: longestFirst([...list(words.openings), ...join(list(words.counts), list(words.measures))]),
    possessive: words.possessive,
  }
}

/** Takes the longest of `words` off the end; undefined when none is there or nothing would be left. */
function withoutEnding(text: string, words: readonly string[]): string | undefined {
  const ending = words.find((word) => word.length < text.length && text.endsWith(word))
  return ending === undefined ? undefined : text.slice(0, text.length - ending.length)
}

/** Takes the longest of `words` off the beginning; undefined when none is there or nothing would be left. */
function withoutOpening(text: string, words: readonly string[]): string | undefined {
  const opening = words.find((word) => word.length < text.length && text.startsWith(word))
  return opening === undefined ? undefined : text.slice(opening.length)
}

/** `forms`: what to try word for word, least changed first. `core`: the query without the question at its end. */
export interface QuestionForms {
  readonly forms: readonly string[]
  readonly core: string
}

/**
 * What may be the thing in a whole question: the words around it are taken away step by step, and every step is a form
 * to try, the least changed first, because the name of a thing may itself end in a word for "bin" or "to load".
 * The first form is the normalised query itself; no form repeats.
 */
export function questionForms(query: string, words: QuestionWords): QuestionForms {
  const forms = [query]
  const note = (form: string) => {
    if (!forms.includes(form)) forms.push(form)
  }
  let rest = query
  for (let step = withoutEnding(rest, words.endings); step !== undefined; step = withoutEnding(rest, words.endings)) {
    rest = step
    note(rest)
  }
  let step = withoutEnding(rest, words.targets)
  while (step !== undefined) {
    rest = step
    note(rest)
    step = withoutEnding(rest, words.throwing)
  }
  for (const form of [...forms]) {
    let core = form
    for (
      let next = withoutOpening(core, words.openings);
      next !== undefined;
      next = withoutOpening(core, words.openings)
    ) {
      core = next
      note(core)
    }
    // "The bones that are left over", in Chinese: the thing follows the last possessive particle.
    const thing = core.slice(core.lastIndexOf(words.possessive) + 1)
    if (thing !== '') note(thing)
  }
  return { forms, core: rest }
}
