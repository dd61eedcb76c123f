import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64url, canonicalJson, sha256Hex } from '../../src/domain/hash.ts'
import {
  fromBase64url,
  readHandover,
  sealedWith,
  writeHandover,
  type HandoverHeader,
} from '../../src/protocol/handover.ts'
import { LIMITS } from '../../src/protocol/limits.ts'

const header: HandoverHeader = {
  community: 'community-00000001',
  device: 'device-00000000001',
  member: 'member-00000000001',
  incarnation: 'incarnation-000001',
  epoch: 'epoch-1',
  at: 1_795_000_000_000,
  from: 1_794_990_000_000,
  until: 1_794_999_000_000,
  waiting: 3,
  held: 0,
  refused: 1,
  parts: 1,
  coding: 'gzip',
}
const part = 'A'.repeat(80)
const attached = { 'app.version': '0.1.0', 'state.pending': 3, 'sync.last': null }

/** The text of a file whose body somebody rewrote and whose checksum they made anew. */
function rewritten(change: Record<string, unknown>): string {
  const { checksum: _checksum, ...body } = JSON.parse(writeHandover(header, [part])) as Record<string, unknown>
  const next = { ...body, ...change }
  return JSON.stringify({ ...next, checksum: sha256Hex(canonicalJson(next)) })
}

test('a file reads as it was written', () => {
  expect(readHandover(writeHandover(header, [part]))).toMatchObject({ header, parts: [part] })
  expect(readHandover(writeHandover(header, [part], attached))).toMatchObject({ diagnostics: attached })
  expect(readHandover(writeHandover(header, [part]))).not.toHaveProperty('diagnostics')
})

test.each([
  ['nothing', ''],
  ['not JSON', '{'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a byte order mark before it', `\ufeff${writeHandover(header, [part])}`],
  ['something behind it', `${writeHandover(header, [part])}x`],
  ['another format', rewritten({ format: 'qiaomen-roster' })],
  ['version 0', rewritten({ version: 0 })],
  ['a version as text', rewritten({ version: '1' })],
  ['a field that nobody knows', rewritten({ token: 'x' })],
  ['a header with a field that nobody knows', rewritten({ header: { ...header, role: 'officer' } })],
  ['a header without its community', rewritten({ header: { ...header, community: undefined } })],
  ['fewer parts than it says', rewritten({ header: { ...header, parts: 2 } })],
  ['no part', rewritten({ parts: [], header: { ...header, parts: 0 } })],
  ['a part that is no text', rewritten({ parts: [1] })],
  ['a part in another alphabet', rewritten({ parts: ['+/'.repeat(40)] })],
  ['a part that is too long', rewritten({ parts: ['A'.repeat(LIMITS.handoverPartChars + 1)] })],
  ['a part that is too short for a seal', rewritten({ parts: ['A'.repeat(37)] })],
  ['too many parts', rewritten({ parts: Array(101).fill(part), header: { ...header, parts: 101 } })],
  ['diagnostics with a body in it', rewritten({ diagnostics: { 'app.version': { note: '门口登记' } } })],
  ['diagnostics under a name of their own', rewritten({ diagnostics: { 门牌: '301' } })],
  ['a fraction of a command', rewritten({ header: { ...header, waiting: 0.5 } })],
  ['__proto__', `{"__proto__":1,${rewritten({}).slice(1)}`],
  ['a wrong checksum', writeHandover(header, [part]).replace(/"checksum":"./, '"checksum":"g')],
  ['a changed header under the old checksum', writeHandover(header, [part]).replace('"waiting":3', '"waiting":4')],
])('%s is no file', (_story, written) => {
  expect(readHandover(written)).toBe('invalid')
})

test('a file of a later version is told apart, whatever is in it', () => {
  expect(readHandover(rewritten({ version: 2, parts: 'anything' }))).toBe('newer')
})

test('a file that was cut anywhere is no file', () => {
  const whole = writeHandover(header, [part], attached).trimEnd()
  for (let length = 0; length < whole.length; length++) expect(readHandover(whole.slice(0, length))).toBe('invalid')
})

test('one changed character anywhere is noticed', () => {
  const whole = writeHandover(header, [part], attached).trimEnd()
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 32, max: 126 }), (at, code) => {
      const char = String.fromCharCode(code)
      fc.pre(char !== whole[at])
      // A later version is the one thing that a single character can honestly turn it into.
      expect(typeof readHandover(whole.slice(0, at) + char + whole.slice(at + 1))).toBe('string')
    }),
  )
})

test('whatever else is in a file, reading it ends with a word and not with an error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => `${json}\n`),
      ),
      (written) => {
        expect(['invalid', 'newer']).toContain(readHandover(written))
      },
    ),
  )
})

test('bytes and base64url are the same thing, and no bytes have two texts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = base64url(bytes)
      expect(fromBase64url(text)).toEqual(bytes)
      expect(Buffer.from(text, 'base64url')).toEqual(Buffer.from(bytes))
    }),
  )
  for (const bad of ['A', 'AB', 'AAAAA', 'AA=', 'A+A/', 'AA\n']) expect(fromBase64url(bad)).toBeNull()
})

test('the seal covers the header whole and the place of a part', () => {
  const here = sealedWith(header, 0)
  expect(sealedWith(header, 1)).not.toBe(here)
  for (const field of Object.keys(header)) expect(sealedWith({ ...header, [field]: 'other' }, 0)).not.toBe(here)
})

test('a file nested too deep to be looked through is no file', () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  expect(readHandover(writeHandover(header, [part]).replace('"waiting":3', `"waiting":${deep}`))).toBe('invalid')
})
