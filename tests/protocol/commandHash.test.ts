import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/domain/hash.ts'
import { commandHash } from '../../src/protocol/commandHash.ts'
import type { WireCommand } from '../../src/protocol/sync.ts'

const command: WireCommand = {
  n: 1,
  id: 'AAAAAAAAAAAAAAAAAAAA',
  verb: 'door/add',
  version: 1,
  claimedAt: 1_790_000_000_000,
  offsetMs: 0,
  after: null,
  args: { stairwellId: 'BBBBBBBBBBBBBBBBBBBB', level: 3, label: '301', kind: 'home' },
}
const hash = (change: Partial<WireCommand> = {}) => commandHash({ ...command, ...change })
const args = (change: Record<string, unknown>) => ({ args: { ...(command.args as object), ...change } })

describe('[SYNC-2] the identity of a command beside its id', () => {
  test('is 64 hexadecimal digits and stays what it is for ever', () => {
    // Stored answers are compared with it: another figure here would turn every repeat into a conflict.
    expect(hash()).toBe('a944fc203c21b233e186f98c8901cc83f80da507706d8dc0f4a9e8d5ed17d283')
  })

  const same: [story: string, change: Partial<WireCommand>][] = [
    ['another number in the lane', { n: 2 }],
    ['another last sync', { after: 1_780_000_000_000 }],
    ['another offset of the clock', { offsetMs: 12 }],
    ['the place it had in a lost history', { formerly: { epoch: 'lost', clock: 7 } }],
    ['its arguments in another order', { args: Object.fromEntries(Object.entries(command.args as object).reverse()) }],
  ]
  test.for(same)('%s leaves it the same', ([, change]) => {
    expect(hash(change)).toBe(hash())
  })

  const other: [story: string, change: Partial<WireCommand>][] = [
    ['another id', { id: 'CCCCCCCCCCCCCCCCCCCC' }],
    ['another verb', { verb: 'door/retire' }],
    ['another version', { version: 2 }],
    ['another moment', { claimedAt: command.claimedAt + 1 }],
    ['another argument', args({ label: '302' })],
    ['a number where a text was', args({ label: 301 })],
    ['an argument more', args({ note: '' })],
    ['an argument that is null', args({ note: null })],
    ['__proto__ among the arguments', { args: JSON.parse('{"__proto__":1}') as unknown }],
    ['the same text in another normal form', args({ label: 'e\u0301' })],
  ]
  test.for(other)('%s makes it another', ([, change]) => {
    expect(hash(change)).not.toBe(hash())
  })

  test('all the others differ from one another too', () => {
    expect(new Set(other.map(([, change]) => hash(change))).size).toBe(other.length)
  })

  test('the raw command of a broken phone has one as well', () => {
    for (const raw of [{ id: 'x' }, { id: 'x', args: '\ud800' }, { id: 'x', args: [null, { a: '\u0000' }] }]) {
      expect(commandHash(raw as WireCommand)).toMatch(/^[0-9a-f]{64}$/)
    }
  })
})

describe('[SYNC-2] canonical JSON', () => {
  test('is JSON of the same value, and the same text for every order of keys', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled)
      if (value === null || typeof value !== 'object') return value
      return JSON.parse(
        `{${Object.entries(value)
          .reverse()
          .map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(shuffled(item))}`)
          .join(',')}}`,
      ) as unknown
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(shuffled(value))).toBe(text)
      }),
    )
  })

  const texts: [story: string, value: unknown, text: string][] = [
    ['keys by code unit, not by locale', { b: 1, a: 2, Z: 3, é: 4, 一: 5 }, '{"Z":3,"a":2,"b":1,"é":4,"一":5}'],
    ['nested', { b: [{ d: 1, c: null }], a: {} }, '{"a":{},"b":[{"c":null,"d":1}]}'],
    ['what is undefined is not there', { a: undefined, b: 1 }, '{"b":1}'],
    ['minus nought is nought', [-0], '[0]'],
  ]
  test.for(texts)('%s', ([, value, text]) => {
    expect(canonicalJson(value)).toBe(text)
  })
})
