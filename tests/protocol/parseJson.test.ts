import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/protocol/limits.ts'
import { parseJson } from '../../src/protocol/parseJson.ts'
import type { ProblemCode } from '../../src/protocol/problem.ts'

const parse = (text: string) => parseJson(text, LIMITS.depth)
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('[SYNC-11] a request body is JSON, once and for everybody', () => {
  const refused: [story: string, text: string, code: ProblemCode][] = [
    ['nothing', '', 'bad_json'],
    ['white space alone', ' \n\t', 'bad_json'],
    ['a byte order mark before it', '\uFEFF{}', 'bad_json'],
    ['something behind it', '{}x', 'bad_json'],
    ['a second value behind it', '{}{}', 'bad_json'],
    ['NUL behind it', '{}\u0000', 'bad_json'],
    ['a comma too many', '{"a":1,}', 'bad_json'],
    ['NaN', '{"a":NaN}', 'bad_json'],
    ['Infinity', '[Infinity]', 'bad_json'],
    ['a comment', '{} // end', 'bad_json'],
    ['single quotes', "{'a':1}", 'bad_json'],
    ['a key without quotes', '{a:1}', 'bad_json'],
    ['a text that never ends', '{"a', 'bad_json'],
    ['a text that ends in a backslash', '{"a\\', 'bad_json'],
    ['a raw line break in a text', '["\n"]', 'bad_json'],
    ['a raw line break in a key', '{"\n":1}', 'bad_json'],
    ['an escape that is none', '["\\x41"]', 'bad_json'],
    ['an escape that is none, in a key', '{"\\x41":1}', 'bad_json'],
    ['brackets that do not match', '[}', 'bad_json'],
    ['brackets closed twice', '[]]', 'bad_json'],
    ['a number with a leading zero', '[01]', 'bad_json'],
    ['a key twice', '{"a":1,"a":2}', 'duplicate_key'],
    ['a key twice with the same value', '{"a":1,"a":1}', 'duplicate_key'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":2}', 'duplicate_key'],
    ['a key twice, with space before the colon', '{"a" \t\r\n:1,"a":2}', 'duplicate_key'],
    ['a key twice, deep inside', '{"x":[{"y":{"a":1,"b":[],"a":2}}]}', 'duplicate_key'],
    ['a key twice, an object between', '{"a":{"b":1},"a":2}', 'duplicate_key'],
    ['an empty key twice', '{"":1,"":2}', 'duplicate_key'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'duplicate_key'],
    ['a slash twice, once escaped', '{"/":1,"\\/":2}', 'duplicate_key'],
    ['a character beyond the plane twice, once as two escapes', '{"😀":1,"\\ud83d\\ude00":2}', 'duplicate_key'],
    ['one level too many', nested(LIMITS.depth + 1), 'too_deep'],
    ['one level too many, of objects', '{"a":'.repeat(9) + '1' + '}'.repeat(9), 'too_deep'],
    ['one level too many, never closed', '['.repeat(LIMITS.depth + 1), 'too_deep'],
  ]
  test.for(refused)('%s is refused', ([, text, code]) => {
    expect(parse(text)).toEqual({ ok: false, code })
  })

  const accepted: [story: string, text: string, value: unknown][] = [
    ['an object', '{"a":[1,"b",null,true]}', { a: [1, 'b', null, true] }],
    ['as deep as is allowed', nested(LIMITS.depth), [[[[[[[[]]]]]]]]],
    ['one key in two objects', '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    ['one key in an object and in the one inside', '{"a":{"a":1}}', { a: { a: 1 } }],
    ['keys that only look alike', '{"é":1,"e\u0301":2}', { é: 1, 'e\u0301': 2 }],
    ['texts that look like keys', '["a","a"]', ['a', 'a']],
    ['a value that is also a key', '{"a":"a","b":"a"}', { a: 'a', b: 'a' }],
    ['brackets and colons inside texts', '{"[[[[[[[[[[":"]}{:","x\\"":"\\\\"}', { '[[[[[[[[[[': ']}{:', 'x"': '\\' }],
    ['space around it', ' \r\n[ ]\t', []],
    ['a bare number', '-0.5e3', -500],
    ['a bare text', '"敲门"', '敲门'],
  ]
  test.for(accepted)('%s is taken', ([, text, value]) => {
    expect(parse(text)).toEqual({ ok: true, value })
  })

  test('__proto__ is a key like any other here, and changes no prototype', () => {
    const parsed = parse('{"__proto__":{"role":"officer"}}')
    expect(parsed.ok).toBe(true)
    const value = (parsed as { value: object }).value
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as { role?: string }).role).toBeUndefined()
  })

  test('the scan stops at the first level too many: what comes behind it is never looked at', () => {
    const began = performance.now()
    const tail = '"never ends'
    expect(parse('['.repeat(100_000))).toEqual({ ok: false, code: 'too_deep' })
    expect(parse('['.repeat(LIMITS.depth + 1) + tail)).toEqual({ ok: false, code: 'too_deep' })
    expect(parse('['.repeat(LIMITS.depth) + tail)).toEqual({ ok: false, code: 'bad_json' })
    console.log(`depth 100,000 was refused in ${(performance.now() - began).toFixed(2)} ms`)
  })
})

describe('[SYNC-11] any text at all', () => {
  /** What JSON.parse alone makes of it. */
  const reference = (text: string): { value: unknown } | null => {
    try {
      return { value: JSON.parse(text) as unknown }
    } catch {
      return null
    }
  }
  const depthOf = (value: unknown): number =>
    value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

  test('well-formed JSON is taken as JSON.parse takes it, or is too deep', () => {
    const anyJson = fc.json({ maxDepth: 12 })
    fc.assert(
      fc.property(anyJson, (text) => {
        const value = JSON.parse(text) as unknown
        const expected = depthOf(value) > LIMITS.depth ? { ok: false, code: 'too_deep' } : { ok: true, value }
        expect(parse(text)).toEqual(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  test('text made of JSON’s own characters never throws; what is taken is what JSON.parse takes', () => {
    const parts = [
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\\u0061',
      'a',
      '1',
      'e',
      '-',
      ' ',
      'null',
      '\uFEFF',
      '\ud800',
    ]
    const soup = fc.array(fc.constantFrom(...parts), { maxLength: 40 }).map((some) => some.join(''))
    const pair = fc.tuple(fc.constantFrom('"a"', '"\\u0061"', '"b"'), fc.constantFrom('1', '{}', '[{"a":1}]'))
    const object = fc.array(pair, { maxLength: 4 }).map((some) => `{${some.map(([k, v]) => `${k}:${v}`).join(',')}}`)
    fc.assert(
      fc.property(fc.oneof(soup, object, fc.string({ unit: 'binary' })), (text) => {
        const parsed = parse(text)
        const known = reference(text)
        if (parsed.ok) expect(known).toEqual({ value: parsed.value })
        else if (parsed.code === 'bad_json') expect(known).toBeNull()
        else expect(['too_deep', 'duplicate_key']).toContain(parsed.code)
      }),
      { numRuns: 5_000 },
    )
  })

  test('a key that comes twice is never taken, however it is written', () => {
    const key = fc.string({ minLength: 1, maxLength: 5 })
    const escaped = (text: string) =>
      [...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')
    fc.assert(
      fc.property(key, fc.json({ maxDepth: 2 }), (name, value) => {
        const twice = `{${JSON.stringify(name)}:${value},"${escaped(name)}":0}`
        expect(parse(twice)).toEqual({ ok: false, code: 'duplicate_key' })
      }),
    )
  })
})
