import { array, isoDate, minLength, number, object, picklist, pipe, record, string, type InferOutput } from 'valibot'
import { binCategories } from './itemPack.ts'

const text = pipe(string(), minLength(1))

/** What one edition of the city's guide says of one item, where it differs from the item pack. */
const overrideSchema = object({
  item: text,
  category: picklist(binCategories),
  tip: text,
  /** Plain words; `citation` is the same as the tables write it. */
  source: text,
  citation: text,
})

/**
 * One edition of Guangzhou's guide. The item pack holds the newest answer of every item; an edition names what it
 * answered otherwise. An answer keeps the id of the set that it was judged by.
 */
export const ruleSetSchema = object({
  id: picklist(['gz2019', 'gz2023']),
  edition: text,
  name: text,
  publisher: text,
  /** The first day on which the edition is known to hold; `holdsFromNote` says how well that is known. */
  holdsFrom: pipe(string(), isoDate()),
  holdsFromNote: text,
  sources: array(object({ citation: text, words: text, url: string() })),
  /** The edition's own word for the kitchen bin. */
  kitchenName: text,
  /** Groups outside the four bins that the edition calls by another name. */
  groupNames: record(string(), text),
  overrides: array(overrideSchema),
})

export const ruleSetPackSchema = object({ version: number(), ruleSets: array(ruleSetSchema) })

export type RuleSet = InferOutput<typeof ruleSetSchema>
export type RuleSetPack = InferOutput<typeof ruleSetPackSchema>
export type RuleSetId = RuleSet['id']
