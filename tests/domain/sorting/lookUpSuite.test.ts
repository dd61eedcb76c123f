import { pinyin } from 'pinyin-pro'
import { afterAll, describe, expect, test } from 'vitest'
import { buildLookUp } from '../../../src/domain/sorting/buildLookUp.ts'
import { lookUp } from '../../../src/domain/sorting/lookUp.ts'
import { itemPack, ruleSetOf, seeded } from './packs.ts'

const index = buildLookUp(itemPack, ruleSetOf('gz2023'))

interface Case {
  query: string
  names: string[]
}

const letters = (word: string) =>
  pinyin(word, { toneType: 'none', v: true, type: 'array' })
    .join('')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
const initials = (word: string) =>
  pinyin(word, { toneType: 'none', pattern: 'first', type: 'array' })
    .join('')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')

const names = [...itemPack.items.map(([name]) => name), ...itemPack.specials.map(([name]) => name)]
const aliases = itemPack.items.flatMap(([name, , list]) =>
  list
    .split(';')
    .filter(Boolean)
    .map((alias): [string, string] => [alias, name]),
)

/** Cases with one query become one case with every name that the query truly stands for. */
function together(pairs: [string, string][]): Case[] {
  const cases = new Map<string, string[]>()
  for (const [query, name] of pairs) cases.set(query, [...(cases.get(query) ?? []), name])
  return [...cases].map(([query, meant]) => ({ query, names: meant }))
}

const report: string[] = []
let slowestMs = 0
let queries = 0
let totalMs = 0

function answers(query: string, limit: number): string[] {
  const before = performance.now()
  const found = lookUp(index, query, limit).map(({ name }) => name)
  const took = performance.now() - before
  queries += 1
  totalMs += took
  slowestMs = Math.max(slowestMs, took)
  return found
}

/** The share of cases of which a right answer is among the first `places`; the misses go into the report. */
function share(title: string, cases: Case[], places: number): number {
  const missed = cases.filter(({ query, names: meant }) => !answers(query, places).some((name) => meant.includes(name)))
  const percent = (100 * (cases.length - missed.length)) / cases.length
  const some = missed.slice(0, 12).map(({ query, names: meant }) => `${query}≠${meant.join('/')}`)
  report.push(
    `${title}: ${percent.toFixed(2)} % of ${cases.length} among the first ${places}; missed: ${some.join(' ')}`,
  )
  return percent
}

afterAll(() => {
  report.push(`${queries} queries, mean ${(totalMs / queries).toFixed(2)} ms, slowest ${slowestMs.toFixed(2)} ms`)
  console.log(report.join('\n'))
})

/** Every n-th, so that a template is tried on many things without asking each everything. */
const every = <T>(list: T[], n: number, from = 0) => list.filter((_, at) => at % n === from)

const questionTemplates = [
  'X属于什么垃圾',
  'X是什么垃圾？',
  'X扔哪个桶',
  '请问X应该怎么分类',
  'X属于哪类垃圾呢',
  'X是啥垃圾',
  'X怎么扔？',
  'X丢哪里',
  'X应该扔到哪个垃圾桶里',
  '请问一下，X是哪一种垃圾啊',
  'X算什么垃圾',
  '用过的X是什么垃圾',
  '一个X扔哪个垃圾桶',
  'X點分類',
  'X係乜嘢垃圾',
  'X扔边个桶',
  'X要放进哪个桶？',
  '家里的X该怎么处理',
  'X投放到哪里',
  'X是可回收垃圾吗',
  'X是不是厨余垃圾',
  'X属于有害垃圾吗？',
]

describe('the look-up suite', () => {
  test('names', () => {
    expect(
      share(
        'names',
        names.map((name) => ({ query: name, names: [name] })),
        1,
      ),
    ).toBeGreaterThanOrEqual(97)
  })

  test('aliases', () => {
    expect(share('aliases', together(aliases), 1)).toBeGreaterThanOrEqual(97)
  })

  test('Cantonese', () => {
    expect(
      share('Cantonese', together(itemPack.cantonese.map(([word, name]): [string, string] => [word, name])), 1),
    ).toBeGreaterThanOrEqual(97)
  })

  test('full pinyin of names, aliases and Cantonese words', () => {
    const words: [string, string][] = [
      ...names.map((name): [string, string] => [name, name]),
      ...aliases,
      ...itemPack.cantonese.map(([word, name]): [string, string] => [word, name]),
    ]
    const cases = together(words.map(([word, name]): [string, string] => [letters(word), name]))
    expect(share('full pinyin', cases, 1)).toBeGreaterThanOrEqual(97)
  })

  test('full pinyin of names alone, each expected for itself', () => {
    expect(
      share(
        'full pinyin of names',
        names.map((name) => ({ query: letters(name), names: [name] })),
        1,
      ),
    ).toBeGreaterThanOrEqual(97)
  })

  test('whole questions', () => {
    const cases = questionTemplates.flatMap((template, at) =>
      every(names, questionTemplates.length, at).map((name) => ({
        query: template.replace('X', () => name),
        names: [name],
      })),
    )
    expect(share('questions', cases, 1)).toBeGreaterThanOrEqual(97)
    const asked = questionTemplates.flatMap((template, at) =>
      every(aliases, questionTemplates.length, at).map(([alias, name]) => ({
        query: template.replace('X', () => alias),
        names: [name],
      })),
    )
    expect(share('questions with aliases', asked, 1)).toBeGreaterThanOrEqual(97)
  })

  test('traditional characters', () => {
    const traditional = new Map<string, string>()
    for (let at = 0; at < itemPack.traditional.length; at += 2) {
      traditional.set(itemPack.traditional.charAt(at + 1), itemPack.traditional.charAt(at))
    }
    const cases = names.map((name) => ({
      query: [...name].map((one) => traditional.get(one) ?? one).join(''),
      names: [name],
    }))
    expect(share('traditional', cases, 1)).toBeGreaterThanOrEqual(97)
  })

  test('initials: the thing is in the tied group, and the tied group begins with its tricky things', () => {
    const cases = names.map((name) => ({ query: initials(name), names: [name] }))
    expect(share('initials', cases, 30)).toBeGreaterThanOrEqual(97)
    for (const { query } of cases) {
      const tied = lookUp(index, query, 60).filter(
        ({ matchedBy, name }) => matchedBy === 'initials' && initials(name) === query,
      )
      const tricky = tied.map((answer) => answer.tricky)
      expect(tricky, query).toEqual([...tricky].sort((a, b) => Number(b) - Number(a)))
    }
  })

  test('one letter wrong in the pinyin: among the first three', () => {
    const random = seeded(7)
    const pick = (text: string) => text.charAt(Math.floor(random() * text.length))
    const slips: ((word: string, at: number) => string)[] = [
      (word, at) => word.slice(0, at) + pick('abcdefghijklmnopqrstuvwxyz') + word.slice(at + 1),
      (word, at) => word.slice(0, at) + word.slice(at + 1),
      (word, at) => word.slice(0, at) + pick('abcdefghijklmnopqrstuvwxyz') + word.slice(at),
      (word, at) => word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2),
    ]
    const cases = names.flatMap((name, which) => {
      const word = letters(name)
      const slip = slips[which % slips.length]
      return word.length < 5 || slip === undefined
        ? []
        : [{ query: slip(word, Math.floor(random() * (word.length - 1))), names: [name] }]
    })
    expect(share('pinyin with a slip', cases, 3)).toBeGreaterThanOrEqual(97)
  })

  test('a character of the same sound', () => {
    const sameSound = new Map<string, string[]>()
    for (const characters of Object.values(itemPack.syllables))
      for (const one of characters) sameSound.set(one, [...characters])
    const random = seeded(11)
    const cases = names.flatMap((name) => {
      const bare = name.replace(/（.*/, '')
      if (bare.length < 2) return []
      const at = Math.floor(random() * bare.length)
      const others = (sameSound.get(bare.charAt(at)) ?? []).filter((one) => one !== bare.charAt(at))
      const other = others[Math.floor(random() * others.length)]
      return other === undefined
        ? []
        : [
            {
              query: bare.slice(0, at) + other + bare.slice(at + 1),
              names: names.filter((one) => one.replace(/（.*/, '') === bare),
            },
          ]
    })
    expect(share('same sound', cases, 3)).toBeGreaterThanOrEqual(97)
  })

  test('one character wrong in names of three and more: among the first three', () => {
    const random = seeded(13)
    const cases = names.flatMap((name) => {
      const bare = name.replace(/（.*/, '')
      if (bare.length < 3) return []
      const at = Math.floor(random() * bare.length)
      return [
        {
          query: `${bare.slice(0, at)}韵${bare.slice(at + 1)}`,
          names: names.filter((one) => one.replace(/（.*/, '') === bare),
        },
      ]
    })
    expect(share('one character wrong', cases, 3)).toBeGreaterThanOrEqual(80)
  })

  test('the first half of a name and its last two characters: among the first eight', () => {
    const long = names.map((name) => name.replace(/（.*/, '')).filter((name) => name.length >= 4)
    const cases = long.map((bare) => ({ query: bare.slice(0, 3), names: names.filter((one) => one.startsWith(bare)) }))
    expect(share('beginnings', cases, 8)).toBeGreaterThanOrEqual(95)
  })
})
