import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import {
  check,
  fields,
  flag,
  floorLevel,
  id,
  list,
  text,
  time,
  whole,
  type FieldCode,
} from '../../src/domain/fields.ts'

const shape = fields({
  id: v.optional(id),
  note: v.optional(text(5)),
  name: v.optional(text(5, 1)),
  at: v.optional(time),
  count: v.optional(whole(0, Number.MAX_SAFE_INTEGER)),
  level: v.optional(floorLevel),
  holds: v.optional(flag),
  many: v.optional(list(whole(0, 9), 3)),
  inner: v.optional(fields({ note: text(5) })),
})
/** As it comes off the wire: through JSON, where `1e400` is infinite and `__proto__` is a key. */
const checkJson = (json: string) => check(shape, JSON.parse(json) as unknown)

const family = '👨‍👩‍👧'

describe('[SYNC-4] what is wrong with one value has one permanent code', () => {
  const refused: [story: string, json: string, code: FieldCode][] = [
    ['U+0000 in a text', '{"note":"a\\u0000"}', 'bad_text'],
    ['a lone high surrogate', '{"note":"\\ud800"}', 'bad_text'],
    ['a lone low surrogate', '{"note":"a\\udc00b"}', 'bad_text'],
    ['surrogates the wrong way round', '{"note":"\\ude00\\ud83d"}', 'bad_text'],
    ['a control character', '{"note":"\\u001b[31m"}', 'bad_text'],
    ['bad text deep inside', '{"inner":{"note":"\\u0000"}}', 'bad_text'],
    ['one code point too many', '{"note":"abcdef"}', 'too_long'],
    ['one emoji too many', '{"note":"😀😀😀😀😀😀"}', 'too_long'],
    ['one sign of five code points and one letter', `{"note":"${family}a"}`, 'too_long'],
    ['five letters that stay decomposed', '{"note":"q\u0301q\u0301q\u0301"}', 'too_long'],
    ['a text where white space is not enough', '{"name":" \\u3000 "}', 'bad_field'],
    ['a number for a text', '{"note":1}', 'bad_field'],
    ['null for a text', '{"note":null}', 'bad_field'],
    ['a text for a number', '{"count":"1"}', 'bad_field'],
    ['1e400', '{"count":1e400}', 'bad_field'],
    ['1e400 where a fraction is allowed', '{"level":1e400}', 'bad_field'],
    ['2^53+1', '{"count":9007199254740993}', 'bad_field'],
    ['a fraction for a count', '{"count":0.5}', 'bad_field'],
    ['less than nothing', '{"count":-1}', 'bad_field'],
    ['"true" for true', '{"holds":"true"}', 'bad_field'],
    ['1 for true', '{"holds":1}', 'bad_field'],
    ['a text for a time', '{"at":"2026-11-21T12:00:00Z"}', 'bad_time'],
    ['a time with a fraction', '{"at":1790000000000.5}', 'bad_time'],
    ['a time that no date can hold', '{"at":8640000000000001}', 'bad_time'],
    ['a time without an end', '{"at":1e400}', 'bad_time'],
    ['null for a time', '{"at":null}', 'bad_time'],
    ['an id that is too short', '{"id":"abc"}', 'bad_field'],
    ['an id with a quote in it', '{"id":"AAAAAAAAAAAAAAAAAAA\'"}', 'bad_field'],
    ['an id with a line break behind it', '{"id":"AAAAAAAAAAAAAAAAAAAA\\n"}', 'bad_field'],
    ['one item too many', '{"many":[1,2,3,4]}', 'bad_field'],
    ['one bad item', '{"many":[1,"2"]}', 'bad_field'],
    ['an object for a list', '{"many":{"length":2}}', 'bad_field'],
    ['a list for an object', '{"inner":[]}', 'bad_field'],
    ['a field that this version does not know', '{"colour":"red"}', 'unknown_field'],
    ['such a field deep inside', '{"inner":{"note":"","colour":1}}', 'unknown_field'],
    ['such a field beside a bad one', '{"note":1,"colour":1}', 'unknown_field'],
    ['community', '{"community":"x"}', 'unknown_field'],
    ['actor', '{"actor":"x"}', 'unknown_field'],
    ['clock', '{"clock":1}', 'unknown_field'],
    ['role', '{"role":"officer"}', 'unknown_field'],
    ['__proto__', '{"__proto__":{"role":"officer"}}', 'unknown_field'],
    ['__proto__ deep inside', '{"inner":{"note":"","__proto__":1}}', 'unknown_field'],
    ['__proto__ in a list', '{"many":[{"__proto__":1}]}', 'unknown_field'],
    ['constructor, which every object has', '{"constructor":1}', 'unknown_field'],
    ['toString, which every object has', '{"inner":{"note":"","toString":1}}', 'unknown_field'],
    ['no object at all', '"x"', 'bad_field'],
    ['null', 'null', 'bad_field'],
  ]
  test.for(refused)('%s', ([, json, code]) => {
    expect(checkJson(json)).toEqual({ ok: false, code })
  })

  const accepted: [story: string, json: string, value: unknown][] = [
    ['as many emoji as letters', '{"note":"😀😀😀😀😀"}', { note: '😀😀😀😀😀' }],
    ['a family of five code points', `{"note":"${family}"}`, { note: family }],
    ['decomposed letters that compose', '{"note":"e\u0301e\u0301e\u0301e\u0301e\u0301"}', { note: 'ééééé' }],
    ['an empty text', '{"note":""}', { note: '' }],
    ['line breaks and tabs', '{"note":"a\\n\\tb"}', { note: 'a\n\tb' }],
    ['text that turns to the right', '{"note":"\u202Eab\u202C"}', { note: '\u202Eab\u202C' }],
    ['markup', '{"note":"<b>&"}', { note: '<b>&' }],
    ['1970', '{"at":0}', { at: 0 }],
    ['before 1970', '{"at":-1}', { at: -1 }],
    ['the largest safe number', '{"count":9007199254740991}', { count: 9_007_199_254_740_991 }],
    ['half a floor', '{"level":3.5}', { level: 3.5 }],
    ['nothing optional', '{}', {}],
  ]
  test.for(accepted)('%s is taken', ([, json, value]) => {
    expect(checkJson(json)).toEqual({ ok: true, value })
  })

  test('what is stored is composed, and otherwise what was typed', () => {
    const result = check(text(40), 'Cafe\u0301 \u1100\u1161 ①ﬁ ＝')
    expect(result).toEqual({ ok: true, value: 'Café 가 ①ﬁ ＝' })
  })
})
