import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildLookUp } from '../../../src/domain/sorting/buildLookUp.ts'
import { lookUp } from '../../../src/domain/sorting/lookUp.ts'
import { longestQuery, normaliseWord } from '../../../src/domain/sorting/normaliseWord.ts'
import { lookUpWords } from '../../../sync-server/operator/lookup.ts'
import { itemPack, ruleSetOf } from './packs.ts'

const index = buildLookUp(itemPack, ruleSetOf('gz2023'))
const index2019 = buildLookUp(itemPack, ruleSetOf('gz2019'))
const first = (query: string) => lookUp(index, query)[0]

describe('what people type', () => {
  test.each([
    ['猪筒骨', '猪筒骨'],
    ['豬筒骨', '猪筒骨'],
    ['猪骨头', '猪筒骨'],
    ['筒骨', '猪筒骨'],
    ['zhutonggu', '猪筒骨'],
    ['ZHU TONG GU', '猪筒骨'],
    ['zhū tǒng gǔ', '猪筒骨'],
    ['zhutongu', '猪筒骨'],
    ['zutonggu', '猪筒骨'],
    ['ztg', '猪筒骨'],
    ['猪tonggu', '猪筒骨'],
    ['猪桶骨', '猪筒骨'],
    ['煲完汤的猪筒骨，投哪个桶？', '猪筒骨'],
    ['鸡骨头属于什么垃圾', '鸡骨头'],
    ['請問吃剩的雞骨頭應該怎麼分類', '鸡骨头'],
    ['鸡骨头是厨余垃圾吗', '鸡骨头'],
    ['西装是什么垃圾', '西装'],
    ['塑料垃圾桶扔哪个桶', '塑料垃圾桶'],
    ['塑膠垃圾桶', '塑料垃圾桶'],
    ['绿豆沙', '绿豆沙'],
    ['ludousha', '绿豆沙'],
    ['lüdousha', '绿豆沙'],
    ['LED灯泡', 'LED灯'],
    ['ｌｅｄ燈', 'LED灯'],
    ['芥南', '芥兰'],
    ['旧书包', '书包'],
    ['单车', '自行车'],
    ['雪柜怎么处理', '电冰箱'],
    ['碎布', '布料'],
  ])('%s finds %s', (query, name) => {
    expect(first(query)?.name).toBe(name)
  })

  test.each([
    ['大件', '大件垃圾', '大件垃圾'],
    ['电器', '废弃电器电子产品', '废弃电器电子产品'],
    ['年桔', '年桔', '废弃年花年桔'],
    ['装修垃圾', '装饰装修废弃物', '装饰装修废弃物'],
    ['沙发', '沙发', '大件垃圾'],
  ])('%s is outside the four bins and says how it is handled', (query, name, group) => {
    const answer = first(query)
    expect(answer).toMatchObject({ name, group, category: 'special' })
    expect(answer?.tip).not.toBe('')
  })

  test.each(['蛋糕盒', '充电宝', '甘蔗渣', '桃核', '', '   ', '🤖', '？！', '\u0000'])(
    'what the city gives no answer for gets none: %j',
    (query) => {
      expect(lookUp(index, query)).toEqual([])
    },
  )

  test('a bone of the other bin is named as the trap', () => {
    expect(first('猪筒骨')?.unlike).toEqual({ name: '鸡骨头', category: 'kitchen' })
    expect(first('鸡骨头')?.unlike).toEqual({ name: '猪筒骨', category: 'residual' })
    expect(first('瓜子壳')?.elsewhere).toContain('上海')
  })

  test('every answer says where it comes from', () => {
    expect(index.entries.filter(({ source, tip }) => source === '' || tip === '')).toEqual([])
  })
})

describe('editions', () => {
  test('expired medicine is hazardous in 2019 and residual in 2023', () => {
    expect(lookUp(index2019, '过期药品')[0]).toMatchObject({ category: 'hazardous' })
    expect(first('过期药品')).toMatchObject({ category: 'residual' })
    expect(lookUp(index2019, '感冒药')[0]).toMatchObject({ category: 'hazardous' })
  })

  test('the editions differ in nothing but their overrides and the name of a group', () => {
    const differing = index.entries.filter((entry, at) => entry.category !== index2019.entries[at]?.category)
    expect(differing.map(({ name }) => name)).toEqual(ruleSetOf('gz2019').overrides.map(({ item }) => item))
    expect(lookUp(index2019, '瓷砖')[0]?.group).toBe('家庭装修垃圾')
  })
})

describe('any text at all', () => {
  test('never throws, gives at most the limit, and each thing once', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: fc.constantFrom(...'鸡骨头猪筒的垃圾什么桶abcngzh电池是（）1号 ') }),
    )
    fc.assert(
      fc.property(text, fc.integer({ min: -1, max: 12 }), (query, limit) => {
        const found = lookUp(index, query, limit)
        expect(found.length).toBeLessThanOrEqual(Math.max(0, limit))
        expect(new Set(found.map(({ name }) => name)).size).toBe(found.length)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['one character', '骨'.repeat(10_000)],
    ['question words', '的是什么垃圾'.repeat(2_000)],
    ['openings', '请问'.repeat(5_000)],
    ['letters', 'ab'.repeat(5_000)],
    ['ligatures that unfold into eighteen characters', '\ufdfa'.repeat(10_000)],
    ['lone surrogates', '\ud800'.repeat(10_000)],
    ['combining marks', `a${'\u0301'.repeat(10_000)}`],
  ])('ten thousand of %s are cut and take little time', (_, query) => {
    expect(normaliseWord(query, index.spelling).length).toBeLessThanOrEqual(longestQuery)
    const before = performance.now()
    const found = lookUp(index, query)
    expect(performance.now() - before).toBeLessThan(250)
    expect(found.length).toBeLessThanOrEqual(8)
  })
})

test('the command line gives the same answers in the shape of the contract', () => {
  const [[bone], nothing] = lookUpWords(['猪筒骨', '充电宝'], '2026-01-31') as [[unknown], unknown[]]
  expect(bone).toEqual({ name: '猪筒骨', category: 'residual', matchedBy: 'name', tip: '质硬会损坏粉碎设备' })
  expect(nothing).toEqual([])
  expect(lookUpWords(['过期药品'], '2020-06-01')[0]?.[0]?.category).toBe('hazardous')
})
