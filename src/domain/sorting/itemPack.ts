import {
  array,
  custom,
  integer,
  minValue,
  number,
  object,
  picklist,
  pipe,
  record,
  string,
  tuple,
  type InferOutput,
} from 'valibot'

/** The four bins of Guangzhou. `special` (things outside the bins) is an answer of the look-up, never of an item. */
export const binCategories = ['kitchen', 'recyclable', 'hazardous', 'residual'] as const

export type BinCategory = (typeof binCategories)[number]

const place = pipe(number(), integer(), minValue(0))
const word = custom<string>((value) => typeof value === 'string' && value.trim() !== '', 'a word is never empty')

/** name, index in `categories`, aliases joined by `;`, index in `tips`, 1 when tricky, index in `sources`. */
const itemRow = tuple([word, place, string(), place, picklist([0, 1]), place])

/**
 * Everything that the look-up reads, as scripts/build-content.js writes it. Rows are tuples and texts that repeat are
 * numbered, because every phone downloads the pack. Checked by tests against this schema, trusted at run time.
 */
export const itemPackSchema = object({
  version: number(),
  categories: tuple([picklist(['kitchen']), picklist(['recyclable']), picklist(['hazardous']), picklist(['residual'])]),
  items: array(itemRow),
  /** name, group outside the four bins, how it is handled, index in `sources`. */
  specials: array(tuple([word, word, word, place])),
  /** A word of Cantonese or everyday speech, and the item or special that it means. */
  cantonese: array(tuple([word, word])),
  /** An item, and the one that people wrongly treat alike. */
  unlike: array(tuple([word, word])),
  /** Items joined by `;`, what Guangzhou says, what other cities say, Guangzhou's reason, index in `sources`. */
  differences: array(tuple([string(), string(), string(), string(), place])),
  tips: array(string()),
  /** The citation as the table writes it, and the same in plain words. */
  sources: array(tuple([word, word])),
  /** Syllable without tone → the characters read so. */
  syllables: record(string(), word),
  /** Words whose syllables differ from those of their characters, separated by blanks. */
  readings: record(string(), word),
  /** A character and the other syllables that people type for it. */
  otherReadings: array(tuple([word, word])),
  /** Pairs of characters without separator: traditional, simplified. */
  traditional: string(),
  /** The words around the thing in a question, each list separated by blanks (questionForms.ts). */
  questionWords: object({
    endings: word,
    which: word,
    kinds: word,
    how: word,
    doing: word,
    bins: word,
    topics: word,
    whether: word,
    putting: word,
    throwing: word,
    into: word,
    being: word,
    duty: word,
    openings: word,
    counts: word,
    measures: word,
    possessive: word,
    /** Pairs: a word, and the one that the pack uses instead. */
    synonyms: word,
  }),
})

export type ItemPack = InferOutput<typeof itemPackSchema>
