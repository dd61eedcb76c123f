import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  countMissing,
  mustDownloadAgain,
  noticeLoss,
  parseSentinel,
  wordSentinel,
  type FoundPhone,
  type Sentinel,
} from '../../src/domain/phoneHealth.ts'
import { BUDGET_BYTES, isTight, orderEvictions } from '../../src/domain/storageBudget.ts'

const aSentinel = (change: Partial<Sentinel> = {}): Sentinel => {
  const ids = ['a', 'b', 'c']
  return { version: 2, born: 'born', lane: 1, nextN: 9, unsent: 3, ids, rows: 100, seenAt: 1, ...change }
}
const aFound = (change: Partial<FoundPhone> = {}): FoundPhone => {
  return { born: 'born', lane: 1, nextN: 9, present: new Set(['a', 'b', 'c']), rows: 100, ...change }
}
const only = (...ids: string[]) => new Set(ids)

describe('what a phone notices', () => {
  const table: [string, Partial<Sentinel>, Partial<FoundPhone>, ReturnType<typeof noticeLoss>][] = [
    ['everything as it was', {}, {}, null],
    ['the sentinel lags behind', { nextN: 5, unsent: 1, ids: ['a'] }, {}, null],
    ['saved after the last look', { nextN: 7, unsent: 2, ids: [] }, { present: only() }, null],
    ['saved after the last look, renumbered', { unsent: 2, ids: [] }, { lane: 2, nextN: 3, present: only() }, null],
    [
      'saved after the last look and gone',
      { nextN: 8, unsent: 2, ids: [] },
      { present: only() },
      { code: 'rowsMissing', atMost: 1 },
    ],
    ['another numbering began', { lane: 1, nextN: 40 }, { lane: 2, nextN: 4 }, null],
    ['one unsent thing gone', {}, { present: only('a', 'c') }, { code: 'rowsMissing', atMost: 1 }],
    ['an older image', {}, { nextN: 6, present: only() }, { code: 'fellBack', atMost: 3 }],
    ['an older image, all of it sent', { unsent: 0, ids: [] }, { nextN: 6 }, { code: 'fellBack', atMost: 0 }],
    ['an older numbering', { lane: 3 }, { lane: 2, nextN: 50 }, { code: 'fellBack', atMost: 0 }],
    ['another database', {}, { born: 'other', present: only() }, { code: 'vanished', atMost: 3 }],
    [
      'more unsent than could be named',
      { unsent: 700 },
      { born: 'x', present: only() },
      { code: 'vanished', atMost: 700 },
    ],
    ['only the server remembered', { born: '', unsent: 5, ids: [] }, { present: only() }, null],
  ]
  test.each(table)('%s', (_title, sentinel, found, expected) => {
    expect(noticeLoss(aSentinel(sentinel), aFound(found))).toEqual(expected)
  })

  test('nothing was remembered: nothing is claimed', () => {
    expect(noticeLoss(null, aFound())).toBeNull()
    expect(mustDownloadAgain(null, aFound({ rows: 0 }))).toBe(false)
  })

  test('pulled rows that are gone are downloaded again, a few that were purged are not', () => {
    expect(mustDownloadAgain(aSentinel(), aFound({ rows: 20 }))).toBe(true)
    expect(mustDownloadAgain(aSentinel(), aFound({ rows: 95 }))).toBe(false)
  })

  test('what was only counted is missed when nothing named is there, and trusted when everything named is', () => {
    expect(countMissing(aSentinel({ unsent: 10 }), only('a', 'b', 'c'))).toBe(0)
    expect(countMissing(aSentinel({ unsent: 10 }), only())).toBe(10)
  })
})

describe('what is remembered', () => {
  test('is read again as it was written, its version in front', () => {
    const written = wordSentinel(aSentinel())
    expect(parseInt(written)).toBe(2)
    expect(parseSentinel(written)).toEqual(aSentinel())
  })

  test('whatever else stands there is nothing, and never throws', () => {
    for (const text of [null, '', '2', '2 {', '2 {}', '{"ids":3}', '2 null']) expect(parseSentinel(text)).toBeNull()
    fc.assert(fc.property(fc.string(), (text) => parseSentinel(text) === null))
  })
})

describe('the storage budget', () => {
  test('lets go what nobody needs first, then the oldest closed round, and never names anything else', () => {
    const closedRounds = [
      { roundId: 'third', number: 3 },
      { roundId: 'first', number: 1 },
    ]
    expect(orderEvictions({ sentTooOld: 2, closedRounds })).toEqual([
      { what: 'sentTooOld' },
      { what: 'closedRound', roundId: 'first' },
      { what: 'closedRound', roundId: 'third' },
    ])
    expect(orderEvictions({ sentTooOld: 0, closedRounds: [] })).toEqual([])
  })

  test('is tight long before the browser would refuse', () => {
    expect(isTight({ usage: 10, quota: 100 })).toBe(false)
    expect(isTight({ usage: 81, quota: 100 })).toBe(true)
    expect(isTight({ usage: BUDGET_BYTES + 1, quota: Infinity })).toBe(true)
  })
})
