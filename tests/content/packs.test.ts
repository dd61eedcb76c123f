import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { parse } from 'valibot'
import { describe, expect, test } from 'vitest'
// The build is plain JavaScript, and has no declarations.
import { buildPacks } from '../../scripts/build-content.js'
import { loadItemPack, loadQuizPack, loadRuleSetPack } from '../../src/content/loadPacks.ts'
import { itemPackSchema } from '../../src/domain/sorting/itemPack.ts'
import { buildLookUp } from '../../src/domain/sorting/buildLookUp.ts'
import { lookUp } from '../../src/domain/sorting/lookUp.ts'
import { quizPackSchema } from '../../src/domain/sorting/quizPack.ts'
import { ruleSetPackSchema } from '../../src/domain/sorting/ruleSet.ts'

const committed = (name: string) => readFileSync(new URL(`../../src/content/${name}`, import.meta.url), 'utf8')

/** Rows of a source table, without its head. */
const table = (name: string) => committed(`source/${name}`).trim().split('\n').slice(1)

test('the committed packs are what their tables give', () => {
  for (const [name, text] of Object.entries(buildPacks())) expect(committed(name) === text, name).toBe(true)
})

test('every pack fits its schema, is what the loaders give, and is small', async () => {
  expect(parse(itemPackSchema, await loadItemPack())).toEqual(JSON.parse(committed('items.json')))
  expect(parse(quizPackSchema, await loadQuizPack())).toEqual(JSON.parse(committed('quiz.json')))
  expect(parse(ruleSetPackSchema, await loadRuleSetPack())).toEqual(JSON.parse(committed('ruleSets.json')))
  expect(gzipSync(committed('items.json')).length).toBeLessThan(60_000)
  expect(gzipSync(committed('quiz.json')).length).toBeLessThan(10_000)
})

describe('the item pack', () => {
  test('holds every row of the tables, each with its citation as written', async () => {
    const pack = await loadItemPack()
    expect(pack.items).toHaveLength(1448)
    expect(pack.items).toHaveLength(table('items.csv').length)
    expect(pack.specials).toHaveLength(table('special.csv').length + table('groups.csv').length)
    expect(pack.differences).toHaveLength(table('city-differences.csv').length)
    table('items.csv').forEach((line, at) => {
      const item = pack.items[at]
      const [citation, words] = pack.sources[item?.[5] ?? -1] ?? []
      expect(line.startsWith(`${item?.[0]},${pack.categories[item?.[1] ?? 0]},`), line).toBe(true)
      expect(line.endsWith(citation ?? '?'), line).toBe(true)
      expect(words).not.toBe('')
    })
  })

  test('points nowhere but into itself', async () => {
    const pack = await loadItemPack()
    const names = new Set([...pack.items.map(([name]) => name), ...pack.specials.map(([name]) => name)])
    for (const [, , , tip, , source] of pack.items) {
      expect(pack.tips[tip]).toBeTruthy()
      expect(pack.sources[source]).toBeDefined()
    }
    for (const [, name] of [...pack.cantonese, ...pack.unlike]) expect(names.has(name), name).toBe(true)
    for (const [listed] of pack.differences)
      for (const name of listed.split(';').filter(Boolean)) expect(names.has(name), name).toBe(true)
  })

  test('a pair of look-alikes lies in two bins', async () => {
    const pack = await loadItemPack()
    const binOf = new Map(pack.items.map(([name, category]) => [name, category]))
    expect(pack.unlike.filter(([name, other]) => binOf.get(name) === binOf.get(other))).toEqual([])
  })

  test('no simplified character of a word is taken for a traditional one', async () => {
    const pack = await loadItemPack()
    const traditional = new Set([...pack.traditional].filter((_, at) => at % 2 === 0))
    const words = [
      ...pack.items.flatMap(([name, , aliases]) => [name, aliases]),
      ...pack.cantonese.map(([word]) => word),
    ]
    const odd = words.filter((word) => [...word].some((character) => traditional.has(character)))
    expect(odd).toEqual([])
  })

  test('what Guangzhou says of a city difference is what the item says', async () => {
    const pack = await loadItemPack()
    const binOf = new Map(pack.items.map(([name, category]) => [name, pack.categories[category]]))
    const disagreeing = pack.differences.flatMap(([names, guangzhou]) =>
      names
        .split(';')
        .filter(
          (name) =>
            binOf.has(name) &&
            (pack.categories as readonly string[]).includes(guangzhou) &&
            binOf.get(name) !== guangzhou,
        ),
    )
    expect(disagreeing).toEqual([])
  })
})

describe('the rule sets', () => {
  test('each names its edition, its sources and the day from which it holds', async () => {
    const { ruleSets } = await loadRuleSetPack()
    expect(ruleSets.map(({ id, edition, holdsFrom }) => [id, edition, holdsFrom])).toEqual([
      ['gz2019', '2019', '2019-08-09'],
      ['gz2023', '2023', '2023-05-22'],
    ])
    for (const { sources } of ruleSets) expect(sources.length).toBeGreaterThan(0)
  })

  test('an override names an item of the pack and differs from it', async () => {
    const pack = await loadItemPack()
    const binOf = new Map(pack.items.map(([name, category]) => [name, pack.categories[category]]))
    const { ruleSets } = await loadRuleSetPack()
    const overrides = ruleSets.flatMap(({ overrides: all }) => all)
    expect(overrides.map(({ item }) => item)).toContain('过期药品')
    for (const { item, category } of overrides) {
      expect(binOf.has(item), item).toBe(true)
      expect(binOf.get(item), item).not.toBe(category)
    }
  })
})

describe('the quiz pack', () => {
  test('holds 120 questions, each with its source; four are never asked at a door', async () => {
    const { questions } = await loadQuizPack()
    expect(questions).toHaveLength(120)
    expect(new Set(questions.map(({ id }) => id)).size).toBe(120)
    expect(questions.filter(({ doorstep }) => !doorstep).map(({ id }) => id)).toEqual(['r035', 'r036', 'r037', 'r038'])
    expect(questions.filter(({ kind }) => kind === 'item')).toHaveLength(82)
  })

  test('no question is about a thing that the editions judge differently, expired medicine first of all', async () => {
    const { ruleSets } = await loadRuleSetPack()
    const overridden = new Set(ruleSets.flatMap(({ overrides }) => overrides.map(({ item }) => item)))
    const { questions } = await loadQuizPack()
    expect(questions.filter((question) => question.kind === 'item' && overridden.has(question.item ?? ''))).toEqual([])
    expect(questions.filter(({ prompt }) => prompt.includes('药品'))).toEqual([])
  })

  test('every item question agrees with the item that it is about', async () => {
    const pack = await loadItemPack()
    const binOf = new Map(pack.items.map(([name, category]) => [name, pack.categories[category]]))
    const { questions } = await loadQuizPack()
    const items = questions.flatMap((question) => (question.kind === 'item' ? [question] : []))
    expect(items.filter(({ item }) => item === undefined || !binOf.has(item))).toEqual([])
    expect(items.filter(({ item, answer }) => binOf.get(item ?? '') !== answer)).toEqual([])
  })

  test('asked of the look-up, at least 95 % of the prompts get the answer of the quiz', async () => {
    const { ruleSets } = await loadRuleSetPack()
    const newest = ruleSets[ruleSets.length - 1]
    if (newest === undefined) throw new Error('no rule set')
    const index = buildLookUp(await loadItemPack(), newest)
    const { questions } = await loadQuizPack()
    const items = questions.filter(({ kind }) => kind === 'item')
    const disagreeing = items.filter(({ prompt, answer }) => lookUp(index, prompt, 1)[0]?.category !== answer)
    console.log(
      `prompts answered otherwise by the look-up: ${disagreeing.map(({ id, prompt }) => id + prompt).join(' ')}`,
    )
    expect(disagreeing.length / items.length).toBeLessThanOrEqual(0.05)
  })
})
