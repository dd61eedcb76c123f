import { gzipSync } from 'node:zlib'
import { LIMITS } from '../../src/protocol/limits.ts'
import { openCursor, sealCursor } from '../../sync-server/cursor.ts'
import { freshId, type WireDevice } from '../harness/wireWorld.ts'
import type { HostileCase } from './HostileCase.ts'
import type { HostileGround } from './HostileGround.ts'
import { askRaw, type Sending } from './httpAsk.ts'
import { problemOf } from './problemOf.ts'

type Row = [name: string, status: number, code: string, make: (ground: HostileGround) => Sending]

export const GZIP = { 'content-encoding': 'gzip' }
/** 200 MB of noughts in 194 KB of gzip. */
export const bomb = gzipSync(Buffer.alloc(200_000_000))
/** Behind its first 16 KB stands nothing that could be inflated: whoever reads on finds that it is no gzip at all. */
const hollowBomb = Buffer.concat([bomb.subarray(0, 16_384), Buffer.alloc(bomb.length - 16_384, 0xff)])

const good = ({ member }: HostileGround) => JSON.stringify(member.request())
const commandsOf = (count: number) => Array.from({ length: count }, (_, at) => ({ n: at + 1, id: freshId() }))
const zipped = (bytes: Buffer): Sending => ({ body: bytes, headers: GZIP })
const typed = (type: string | undefined): Sending => ({ headers: { 'content-type': type } })
const encoded = (encoding: string): Sending => ({ headers: { 'content-encoding': encoding } })
const site = (value: string): Sending => ({ headers: { 'sec-fetch-site': value } })
const from = (origin: string): Sending => ({ headers: { 'sec-fetch-site': undefined, origin } })
const pulling = (device: WireDevice, cursor: string) => device.request([], { cursor, pull: true })

/** Each is a POST /api/sync of a member's phone, but for what stands here. */
const ROWS: Row[] = [
  ['an empty body', 400, 'bad_json', () => ({ body: '' })],
  ['no body and no content type', 400, 'bad_json', () => ({ body: undefined, ...typed(undefined) })],
  ['something that is not JSON', 400, 'bad_json', () => ({ body: 'protocol=1' })],
  ['a byte order mark', 400, 'bad_json', (ground) => ({ body: `\uFEFF${good(ground)}` })],
  ['trailing garbage', 400, 'bad_json', (ground) => ({ body: `${good(ground)}]` })],
  ['half a body', 400, 'bad_json', (ground) => ({ body: good(ground).slice(0, 50) })],
  ['the page of a captive portal', 400, 'bad_json', () => ({ body: '<html><body>请登录</body></html>' })],
  ['invalid UTF-8', 400, 'bad_encoding', () => ({ body: Buffer.from([0x22, 0xc3, 0x28, 0x22]) })],
  ['UTF-16', 400, 'bad_encoding', (ground) => ({ body: Buffer.from(`\uFEFF${good(ground)}`, 'utf16le') })],
  ['a surrogate as three bytes', 400, 'bad_encoding', () => ({ body: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]) })],
  ['truncated gzip', 400, 'bad_encoding', (ground) => zipped(gzipSync(good(ground)).subarray(0, -12))],
  ['gzip without its last byte', 400, 'bad_encoding', (ground) => zipped(gzipSync(good(ground)).subarray(0, -1))],
  ['gzip that ends in its header', 400, 'bad_encoding', () => zipped(gzipSync('{}').subarray(0, 10))],
  ['gzip with a name that never ends', 400, 'bad_encoding', () => zipped(gzipNamed())],
  ['gzip whose checksum is another', 400, 'bad_encoding', (ground) => zipped(spoilt(good(ground), 8))],
  ['gzip whose length is another', 400, 'bad_encoding', (ground) => zipped(spoilt(good(ground), 4))],
  ['two gzip members', 400, 'bad_encoding', (ground) => zipped(twoMembers(good(ground)))],
  ['a whole request and an empty gzip member', 400, 'bad_encoding', (ground) => zipped(withEmptyMember(good(ground)))],
  ['gzip with a tail', 400, 'bad_encoding', (g) => zipped(Buffer.concat([gzipSync(good(g)), Buffer.alloc(1)]))],
  ['plain JSON that says it is gzip', 400, 'bad_encoding', () => ({ headers: GZIP })],
  ['nothing that says it is gzip', 400, 'bad_encoding', () => zipped(Buffer.alloc(0))],
  ['a form', 415, 'unsupported_media_type', () => ({ body: 'a=1', ...typed('application/x-www-form-urlencoded') })],
  ['text', 415, 'unsupported_media_type', () => typed('text/plain')],
  ['JSON with another name', 415, 'unsupported_media_type', () => typed('application/jsonp')],
  ['no content type', 415, 'unsupported_media_type', () => typed(undefined)],
  ['brotli', 415, 'unsupported_media_type', () => encoded('br')],
  ['an encoding that every object has', 415, 'unsupported_media_type', () => encoded('constructor')],
  [
    'gzip twice',
    415,
    'unsupported_media_type',
    (ground) => ({ body: gzipSync(gzipSync(good(ground))), ...encoded('gzip, gzip') }),
  ],
  ['200 MB in 194 KB', 413, 'too_large', () => zipped(bomb)],
  ['200 MB in 194 KB, told from its beginning', 413, 'too_large', () => zipped(hollowBomb)],
  ['one byte too many on the wire', 413, 'too_large', () => ({ body: ' '.repeat(LIMITS.wireBytes + 1) })],
  ['one byte too many inflated', 413, 'too_large', () => zipped(gzipSync(' '.repeat(LIMITS.inflatedBytes + 1)))],
  ['depth 100,000', 400, 'too_deep', () => ({ body: '['.repeat(100_000) })],
  ['depth 100,000 of a whole document', 400, 'too_deep', () => ({ body: '['.repeat(1e5) + ']'.repeat(1e5) })],
  ['depth 100,000 of objects', 400, 'too_deep', () => ({ body: '{"a":'.repeat(50_000) })],
  ['1,001 commands', 400, 'too_many_commands', ({ member }) => ({ body: member.request(commandsOf(1_001)) })],
  ['a key twice', 400, 'duplicate_key', (ground) => ({ body: good(ground).replace('{', '{"pull":true,') })],
  ['a key twice, once escaped', 400, 'duplicate_key', (g) => ({ body: good(g).replace('{', '{"\\u0070ull":true,') })],
  ['a key twice in a command', 400, 'duplicate_key', ({ member }) => ({ body: twiceInCommand(member) })],
  ['a parameter twice', 400, 'bad_parameter', () => ({ path: '/api/sync?a=1&a=2' })],
  ['a parameter twice where one reads', 400, 'bad_parameter', () => ({ method: 'GET', path: '/api/me?a=1&a=2' })],
  ['a list', 400, 'bad_request', () => ({ body: '[]' })],
  ['null', 400, 'bad_request', () => ({ body: 'null' })],
  ['a number', 400, 'bad_request', () => ({ body: '1e400' })],
  ['a field that it does not know', 400, 'bad_request', (g) => ({ body: g.member.request([], { community: 'x' }) })],
  ['__proto__', 400, 'bad_request', (ground) => ({ body: good(ground).replace('{', '{"__proto__":{"pull":true},') })],
  ['a field that is missing', 400, 'bad_request', (g) => ({ body: g.member.request([], { unsent: undefined }) })],
  ['"true" for true', 400, 'bad_request', ({ member }) => ({ body: member.request([], { pull: 'true' }) })],
  ['less than nothing unsent', 400, 'bad_request', ({ member }) => ({ body: member.request([], { unsent: -1 }) })],
  ['a command without an id', 400, 'bad_request', ({ member }) => ({ body: member.request([{ n: 1 }]) })],
  ['a command that is null', 400, 'bad_request', ({ member }) => ({ body: member.request([null]) })],
  [
    'commands that are no list',
    400,
    'bad_request',
    (g) => ({ body: g.member.request([], { commands: { length: 1 } }) }),
  ],
  ['a protocol from the future', 400, 'bad_request', ({ member }) => ({ body: member.request([], { protocol: 2 }) })],
  ['a forged cursor', 400, 'cursor_invalid', ({ member, cursor }) => ({ body: pulling(member, forged(cursor)) })],
  ['a truncated cursor', 400, 'cursor_invalid', (g) => ({ body: pulling(g.member, g.cursor.slice(0, -1)) })],
  ['a cursor with a tail', 400, 'cursor_invalid', (g) => ({ body: pulling(g.member, `${g.cursor}.x`) })],
  ['an empty cursor', 400, 'cursor_invalid', ({ member }) => ({ body: pulling(member, '') })],
  [
    'a cursor of another device',
    400,
    'cursor_invalid',
    ({ stranger, cursor }) => ({ body: pulling(stranger, cursor), cookie: stranger.cookie }),
  ],
  ['a cursor that is ahead', 409, 'epoch_changed', (g) => ({ body: pulling(g.member, changed(g, { clock: 1e6 })) })],
  ['a cursor of an old epoch', 409, 'epoch_changed', (g) => ({ body: pulling(g.member, changed(g, { epoch: 'x' })) })],
  ['an old epoch', 409, 'epoch_changed', ({ member }) => ({ body: member.request([], { epoch: 'old' }) })],
  ['an old epoch with a visit', 409, 'epoch_changed', (ground) => ({ body: oldVisit(ground) })],
  ['another site', 403, 'csrf', () => site('cross-site')],
  ['another origin of this site', 403, 'csrf', () => site('same-site')],
  ['no page at all', 403, 'csrf', () => site('none')],
  [
    'another site that names our origin',
    403,
    'csrf',
    ({ server }) => ({ headers: { 'sec-fetch-site': 'cross-site', origin: server.url } }),
  ],
  ['a foreign origin in an old browser', 403, 'csrf', () => from('https://evil.example')],
  ['an origin that hides itself', 403, 'csrf', () => from('null')],
  ['our origin on another port', 403, 'csrf', () => from('http://127.0.0.1:81')],
  ['no header of ours', 403, 'csrf', () => ({ headers: { 'x-qiaomen': undefined } })],
  ['a DELETE from another site', 403, 'csrf', () => ({ method: 'DELETE', body: undefined, ...site('cross-site') })],
  ['a route that is not there', 404, 'not_found', () => ({ path: '/api/nothing', body: '{}' })],
  ['a route that only reads', 404, 'not_found', () => ({ path: '/api/me', body: '{}' })],
  ['a method that is not there', 404, 'not_found', () => ({ method: 'PUT' })],
  ['the head of a stream', 404, '', () => ({ method: 'HEAD', path: '/api/live', body: undefined })],
  ['an address that is none', 404, 'not_found', () => ({ path: '/%c3%28', body: '{}' })],
  ['a path out of the folder', 400, 'bad_request', () => ({ method: 'GET', path: '/../../etc/passwd' })],
  ['a coded path out of the folder', 400, 'bad_request', () => ({ method: 'GET', path: '/%2e%2e/%2e%2e/etc/passwd' })],
  ['a path with U+0000', 400, 'bad_request', () => ({ method: 'GET', path: '/assets/%00' })],
]

function oldVisit(ground: HostileGround) {
  return { ...ground.member.request([{ ...ground.visit(), n: 1 }], { epoch: 'old' }), incarnation: freshId() }
}
function forged(cursor: string): string {
  const [body = '', signature = ''] = cursor.split('.')
  const more = Buffer.from(body, 'base64url').toString().replace('"clock":', '"clock":1')
  return `${Buffer.from(more).toString('base64url')}.${signature}`
}
/** A cursor that the server itself would have signed in another history. */
function changed({ community, member, cursor, context }: HostileGround, change: object): string {
  const binding = `${community} ${member.id}`
  const known = openCursor(cursor, context.secret, binding)
  if (!known) throw new Error('the cursor of the ground does not open')
  return sealCursor({ ...known, ...change }, context.secret, binding)
}
function gzipNamed(): Buffer {
  const bytes = gzipSync('{}')
  bytes[3] = 8
  return Buffer.concat([bytes.subarray(0, 10), Buffer.alloc(20, 0x61)])
}
function spoilt(text: string, fromEnd: 4 | 8): Buffer {
  const bytes = gzipSync(text)
  bytes[bytes.length - fromEnd]! ^= 1
  return bytes
}
function twoMembers(text: string): Buffer {
  return Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))])
}
function withEmptyMember(text: string): Buffer {
  return Buffer.concat([gzipSync(text), gzipSync('')])
}
function twiceInCommand(member: WireDevice): string {
  const command = { n: 1, id: freshId(), args: { label: '101' } }
  return JSON.stringify(member.request([command])).replace('"label"', '"label":"102","label"')
}

/** What no HTTP client sends: bytes on a connection. A request that is none at all is answered in the same coded words. */
const RAW: [name: string, status: number, code: string, make: (ground: HostileGround) => string, cut?: true][] = [
  ['a connection that speaks no HTTP', 400, 'bad_request', () => 'HELO qiaomen\r\n\r\n'],
  ['bytes of TLS on a plain port', 400, 'bad_request', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ['30 KB of headers', 400, 'bad_request', (ground) => head(ground, `x-much: ${'a'.repeat(30_000)}`, '')],
  ['two lengths', 400, 'bad_request', (ground) => head(ground, 'content-length: 2\r\ncontent-length: 3', '{}')],
  [
    'a length and chunks',
    400,
    'bad_request',
    (ground) => head(ground, 'content-length: 4\r\ntransfer-encoding: chunked', '0\r\n\r\n'),
  ],
  ['a header with a bare line end', 400, 'bad_request', (ground) => head(ground, 'x-a: b\nx-c: d\x00', '')],
  ['a chunk without a size', 400, 'bad_request', (ground) => head(ground, 'transfer-encoding: chunked', 'zz\r\n{}')],
  [
    'a body that is cut off',
    0,
    'nothing',
    (ground) => head(ground, 'content-length: 500', good(ground).slice(0, 90)),
    true,
  ],
]

function head({ server, member }: HostileGround, headers: string, body: string): string {
  const own = 'content-type: application/json\r\nx-qiaomen: 1\r\nsec-fetch-site: same-origin'
  const who = `host: ${new URL(server.url).host}\r\ncookie: qiaomen=${member.cookie}\r\nconnection: close`
  return `POST /api/sync HTTP/1.1\r\n${who}\r\n${own}\r\n${headers}\r\n\r\n${body}`
}

function readRaw(heard: string) {
  const [top = '', ...rest] = heard.split('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(top)?.[1] ?? 0)
  if (status === 0) return { status, code: heard === '' ? 'nothing' : 'no HTTP' }
  const type = /^content-type: (.*)$/im.exec(top)?.[1]?.trim()
  return problemOf({ status, headers: type === undefined ? {} : { 'content-type': type }, text: rest.join('\r\n\r\n') })
}

/** A good request in every way that is one; beside them the limits are limits and not a refusal of everything. */
const TAKEN: [name: string, make: (ground: HostileGround) => Sending][] = [
  ['the good request, plain', () => ({})],
  ['the good request, gzipped', (ground) => zipped(gzipSync(good(ground)))],
  ['the good request, from an old browser', ({ server }) => from(server.url)],
  ['the good request, with a charset', () => typed('application/json; charset=utf-8')],
  ['as many bytes as are allowed', (g) => ({ body: ' '.repeat(LIMITS.wireBytes - good(g).length) + good(g) })],
  [
    'as many inflated bytes as are allowed',
    (g) => zipped(gzipSync(' '.repeat(LIMITS.inflatedBytes - good(g).length) + good(g))),
  ],
  ['1,000 commands', ({ member }) => ({ body: { ...member.request(commandsOf(1_000)), incarnation: freshId() } })],
]

export const envelopeCases: HostileCase[] = [
  ...ROWS.map(([name, status, code, make]): HostileCase => ({
    ...{ subject: 'envelope', name, status, code, mayChange: false },
    async ask(ground) {
      const answer = await ground.ask({ body: good(ground), cookie: ground.member.cookie, ...make(ground) })
      return code === '' ? { status: answer.status, code: answer.text } : problemOf(answer)
    },
  })),
  ...RAW.map(([name, status, code, make, cut]): HostileCase => ({
    ...{ subject: 'envelope', name, status, code, mayChange: false },
    ask: async (ground) => readRaw(await askRaw(ground.server.url, make(ground), cut)),
  })),
  ...TAKEN.map(([name, make]): HostileCase => ({
    ...{ subject: 'envelope', name, status: 200, code: 'ok', mayChange: true },
    ask: async (ground) =>
      problemOf(await ground.ask({ body: good(ground), cookie: ground.member.cookie, ...make(ground) })),
  })),
]
