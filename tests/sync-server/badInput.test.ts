import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { put } from '../../src/domain/put.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import type { SyncAnswer } from '../../src/protocol/sync.ts'
import { commitDeed } from '../../sync-server/commitDeed.ts'
import { openCursor, sealCursor } from '../../sync-server/cursor.ts'
import { hashSecret } from '../../sync-server/identity/token.ts'
import { isSetUp } from '../../sync-server/routes/ready.ts'
import { makeEntryLink } from '../../sync-server/start.ts'
import { databaseHash } from '../harness/databaseHash.ts'
import { freshId, WireDevice, WireWorld, type Sending } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

/** Who stands where when the bad requests come in. */
interface Ground {
  world: WireWorld
  member: WireDevice
  revoked: WireDevice
  superseded: WireDevice
  stranger: WireDevice
  cursor: string
}

type Post = [body: unknown, sending?: Sending, path?: string]
type Case = [story: string, status: number, code: string, post: (ground: Ground) => Post]

const GZIP: Sending = { headers: { 'content-encoding': 'gzip' } }
const good = ({ member }: Ground) => JSON.stringify(member.request())
const commandsOf = (count: number) => Array.from({ length: count }, (_, at) => ({ n: at + 1, id: freshId() }))

/**
 * 200 MB of noughts in 194 KB. Behind the first 16 KB of it stands nothing that could be inflated: whoever answers "too
 * large" has stopped at the limit, and whoever reads on finds that it is no gzip at all.
 */
const bomb = (() => {
  const whole = gzipSync(Buffer.alloc(200_000_000))
  return Buffer.concat([whole.subarray(0, 16_384), Buffer.alloc(whole.length - 16_384, 0xff)])
})()

const CASES: Case[] = [
  ['an empty body', 400, 'bad_json', () => ['']],
  ['no body and no content type', 400, 'bad_json', () => [undefined, { headers: { 'content-type': undefined } }]],
  ['something that is not JSON', 400, 'bad_json', () => ['protocol=1']],
  ['a byte order mark', 400, 'bad_json', (ground) => [`\uFEFF${good(ground)}`]],
  ['trailing garbage', 400, 'bad_json', (ground) => [`${good(ground)}]`]],
  ['half a body', 400, 'bad_json', (ground) => [good(ground).slice(0, 50)]],
  ['invalid UTF-8', 400, 'bad_encoding', () => [Buffer.from([0x22, 0xc3, 0x28, 0x22])]],
  ['UTF-16', 400, 'bad_encoding', (ground) => [Buffer.from(`\uFEFF${good(ground)}`, 'utf16le')]],
  ['a surrogate as three bytes', 400, 'bad_encoding', () => [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])]],
  ['truncated gzip', 400, 'bad_encoding', (ground) => [gzipSync(good(ground)).subarray(0, -12), GZIP]],
  ['gzip without its last byte', 400, 'bad_encoding', (ground) => [gzipSync(good(ground)).subarray(0, -1), GZIP]],
  ['gzip that ends in its header', 400, 'bad_encoding', () => [gzipSync('{}').subarray(0, 10), GZIP]],
  ['gzip with a name that never ends', 400, 'bad_encoding', () => [gzipNamed(), GZIP]],
  ['gzip whose checksum is another', 400, 'bad_encoding', (ground) => [spoiltChecksum(good(ground)), GZIP]],
  ['gzip whose length is another', 400, 'bad_encoding', (ground) => [spoiltLength(good(ground)), GZIP]],
  ['two gzip members', 400, 'bad_encoding', (ground) => [twoMembers(good(ground)), GZIP]],
  [
    'gzip with a tail',
    400,
    'bad_encoding',
    (ground) => [Buffer.concat([gzipSync(good(ground)), Buffer.alloc(1)]), GZIP],
  ],
  ['plain JSON that says it is gzip', 400, 'bad_encoding', (ground) => [good(ground), GZIP]],
  ['nothing that says it is gzip', 400, 'bad_encoding', () => [Buffer.alloc(0), GZIP]],
  ['a form', 415, 'unsupported_media_type', () => ['a=1', typed('application/x-www-form-urlencoded')]],
  ['text', 415, 'unsupported_media_type', (ground) => [good(ground), typed('text/plain')]],
  ['JSON with another name', 415, 'unsupported_media_type', (ground) => [good(ground), typed('application/jsonp')]],
  ['no content type', 415, 'unsupported_media_type', (ground) => [good(ground), typed(undefined)]],
  ['brotli', 415, 'unsupported_media_type', (ground) => [good(ground), encoded('br')]],
  ['gzip twice', 415, 'unsupported_media_type', (ground) => [gzipSync(gzipSync(good(ground))), encoded('gzip, gzip')]],
  ['200 MB in 194 KB', 413, 'too_large', () => [bomb, GZIP]],
  ['one byte too many on the wire', 413, 'too_large', () => [' '.repeat(LIMITS.wireBytes + 1)]],
  ['one byte too many inflated', 413, 'too_large', () => [gzipSync(' '.repeat(LIMITS.inflatedBytes + 1)), GZIP]],
  ['depth 100,000', 400, 'too_deep', () => ['['.repeat(100_000)]],
  ['depth 100,000 of a whole document', 400, 'too_deep', () => ['['.repeat(100_000) + ']'.repeat(100_000)]],
  ['1,001 commands', 400, 'too_many_commands', ({ member }) => [member.request(commandsOf(1_001))]],
  ['a key twice', 400, 'duplicate_key', (ground) => [good(ground).replace('{', '{"pull":true,')]],
  ['a key twice, once escaped', 400, 'duplicate_key', (ground) => [good(ground).replace('{', '{"\\u0070ull":true,')]],
  ['a key twice in a command', 400, 'duplicate_key', ({ member }) => [twiceInCommand(member)]],
  ['a parameter twice', 400, 'bad_parameter', (ground) => [good(ground), { query: '?a=1&a=2' }]],
  ['a list', 400, 'bad_request', () => ['[]']],
  ['null', 400, 'bad_request', () => ['null']],
  ['a field that it does not know', 400, 'bad_request', ({ member }) => [member.request([], { community: 'x' })]],
  ['__proto__', 400, 'bad_request', (ground) => [good(ground).replace('{', '{"__proto__":{"pull":true},')]],
  ['a field that is missing', 400, 'bad_request', ({ member }) => [member.request([], { unsent: undefined })]],
  ['a command without an id', 400, 'bad_request', ({ member }) => [member.request([{ n: 1 }])]],
  ['a command that is null', 400, 'bad_request', ({ member }) => [member.request([null])]],
  ['a protocol from the future', 400, 'bad_request', ({ member }) => [member.request([], { protocol: 2 })]],
  ['a forged cursor', 400, 'cursor_invalid', ({ member, cursor }) => [pulling(member, forged(cursor))]],
  ['a truncated cursor', 400, 'cursor_invalid', ({ member, cursor }) => [pulling(member, cursor.slice(0, -1))]],
  ['a cursor with a tail', 400, 'cursor_invalid', ({ member, cursor }) => [pulling(member, `${cursor}.x`)]],
  ['an empty cursor', 400, 'cursor_invalid', ({ member }) => [pulling(member, '')]],
  [
    'a cursor of another device',
    400,
    'cursor_invalid',
    ({ stranger, cursor }) => [pulling(stranger, cursor), as(stranger)],
  ],
  [
    'a cursor that is ahead',
    409,
    'epoch_changed',
    (ground) => [pulling(ground.member, changed(ground, { clock: 1e6 }))],
  ],
  [
    'a cursor of an old epoch',
    409,
    'epoch_changed',
    (ground) => [pulling(ground.member, changed(ground, { epoch: 'x' }))],
  ],
  ['an old epoch', 409, 'epoch_changed', ({ member }) => [member.request([], { epoch: 'old' })]],
  ['another device’s id', 403, 'device_mismatch', ({ member, stranger }) => [stranger.request(), as(member)]],
  ['a revoked device', 401, 'device_revoked', ({ revoked }) => [revoked.request(), as(revoked)]],
  ['a superseded token', 401, 'token_superseded', ({ superseded }) => [superseded.request(), as(superseded)]],
  ['no cookie', 401, 'unauthenticated', ({ member }) => [member.request(), { cookie: undefined }]],
  [
    'a token that nobody holds',
    401,
    'unauthenticated',
    ({ world, member }) => [member.request(), { cookie: `${world.community}.${'x'.repeat(43)}` }],
  ],
  [
    'a token in another community',
    401,
    'unauthenticated',
    ({ member }) => [member.request(), { cookie: `${freshId()}.${member.cookie.split('.')[1]}` }],
  ],
  ['a cookie that is none', 401, 'unauthenticated', ({ member }) => [member.request(), { cookie: "' or 1=1 --" }]],
  ['another site', 403, 'csrf', (ground) => [good(ground), site('cross-site')]],
  ['another origin of this site', 403, 'csrf', (ground) => [good(ground), site('same-site')]],
  ['no page at all', 403, 'csrf', (ground) => [good(ground), site('none')]],
  [
    'another site that names our origin',
    403,
    'csrf',
    (ground) => [good(ground), { headers: { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:80' } }],
  ],
  ['a foreign origin in an old browser', 403, 'csrf', (ground) => [good(ground), from('https://evil.example')]],
  ['an origin that hides itself', 403, 'csrf', (ground) => [good(ground), from('null')]],
  ['our origin on another port', 403, 'csrf', (ground) => [good(ground), from('http://localhost:81')]],
  ['no header of ours', 403, 'csrf', (ground) => [good(ground), { headers: { 'x-qiaomen': undefined } }]],
  ['an invitation that never was', 410, 'invite_dead', () => [enrolment('ABCD-EFGH'), {}, '/api/enrol']],
  [
    'a link that never was',
    410,
    'invite_dead',
    ({ world }) => [enrolment(`${world.community}.${'x'.repeat(43)}`), {}, '/api/enter'],
  ],
  [
    'a link of a community that never was',
    410,
    'invite_dead',
    () => [enrolment(`${freshId()}.${'x'.repeat(43)}`), {}, '/api/enrol'],
  ],
  [
    'an enrolment that asks for a role',
    400,
    'bad_request',
    () => [{ ...enrolment('ABCD-EFGH'), role: 'officer' }, {}, '/api/enrol'],
  ],
  ['an enrolment from another site', 403, 'csrf', () => [enrolment('ABCD-EFGH'), site('cross-site'), '/api/enrol']],
  ['a route that is not there', 404, 'not_found', () => ['{}', {}, '/api/nothing']],
  ['a route that only reads', 404, 'not_found', () => ['{}', {}, '/api/me']],
  ['an address that is none', 404, 'not_found', () => ['{}', {}, '/%c3%28']],
]

function typed(type: string | undefined): Sending {
  return { headers: { 'content-type': type } }
}
function encoded(encoding: string): Sending {
  return { headers: { 'content-encoding': encoding } }
}
function site(value: string): Sending {
  return { headers: { 'sec-fetch-site': value } }
}
function from(origin: string): Sending {
  return { headers: { 'sec-fetch-site': undefined, origin } }
}
function as(device: WireDevice): Sending {
  return { cookie: device.cookie }
}
function enrolment(secret: string) {
  return { secret, name: '阿珍', deviceName: '手机' }
}
function pulling(device: WireDevice, cursor: string) {
  return device.request([], { cursor, pull: true })
}
function forged(cursor: string): string {
  const [body = '', signature = ''] = cursor.split('.')
  return `${Buffer.from(Buffer.from(body, 'base64url').toString().replace('"clock":', '"clock":1')).toString('base64url')}.${signature}`
}
/** A cursor that the server itself would have signed in another history. */
function changed({ world, member, cursor }: Ground, change: object): string {
  const binding = `${world.community} ${member.id}`
  const known = openCursor(cursor, 'secret', binding)
  if (!known) throw new Error('the cursor of the ground does not open')
  return sealCursor({ ...known, ...change }, 'secret', binding)
}
function gzipNamed(): Buffer {
  const zipped = gzipSync('{}')
  zipped[3] = 8
  return Buffer.concat([zipped.subarray(0, 10), Buffer.alloc(20, 0x61)])
}
function spoiltLength(text: string): Buffer {
  const bytes = gzipSync(text)
  bytes.writeUInt32LE(bytes.readUInt32LE(bytes.length - 4) + 1, bytes.length - 4)
  return bytes
}

function spoiltChecksum(text: string): Buffer {
  const zipped = gzipSync(text)
  zipped[zipped.length - 8]! ^= 1
  return zipped
}
function twoMembers(text: string): Buffer {
  return Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))])
}
function twiceInCommand(member: WireDevice): string {
  const command = { n: 1, id: freshId(), args: { label: '101' } }
  return JSON.stringify(member.request([command])).replace('"label"', '"label":"102","label"')
}

function expectProblem(answer: LightMyRequestResponse, status: number, code: string): void {
  expect({ status: answer.statusCode, body: answer.json<unknown>() }).toEqual({
    status,
    body: { type: 'about:blank', title: code, status, code },
  })
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.headers['set-cookie']).toBeUndefined()
}

function expectSafeHeaders({ headers }: LightMyRequestResponse): void {
  const policy = String(headers['content-security-policy'])
  for (const rule of ["default-src 'self'", "script-src 'self'", "object-src 'none'", "base-uri 'none'"]) {
    expect(policy).toContain(rule)
  }
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toContain("require-trusted-types-for 'script'")
  expect(policy).not.toMatch(/unsafe|\*/)
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['referrer-policy']).toBe('no-referrer')
  expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  expect(headers['access-control-allow-origin']).toBeUndefined()
  expect(headers['x-powered-by']).toBeUndefined()
}

onEachDatabase((place) => {
  let ground: Ground
  beforeAll(async () => {
    const world = await WireWorld.open(await place.empty())
    const officer = await world.enter({ role: 'officer' })
    const { teamIds } = await world.street(officer)
    const member = await world.enter({ role: 'member', team: teamIds[0] })
    const revoked = await world.enter({ role: 'member', team: teamIds[0] })
    const superseded = await world.enter({ role: 'member', team: teamIds[0] })
    const stranger = await world.enter({ role: 'member', team: teamIds[1] })
    await world.push(officer, [officer.command('device/revoke', { deviceId: revoked.id, teamId: teamIds[0] })])
    const [, token = ''] = superseded.cookie.split('.')
    const row = world.db.updateTable('deviceToken').set({ state: 'superseded' })
    await row.where('community', '=', world.community).where('tokenHash', '=', hashSecret(token)).execute()
    const { cursor } = await world.sync(member, [], { pull: true })
    ground = { world, member, revoked, superseded, stranger, cursor }
  })
  afterAll(() => ground.world.close())

  describe('[SYNC-11] a bad envelope', () => {
    test.for(CASES)('%s: %i %s, and nothing is changed', async ([, status, code, make]) => {
      const { world, member } = ground
      const before = await databaseHash(world.db)
      const [body, sending, path = '/api/sync'] = make(ground)
      const answer = await world.post(path, body, { cookie: member.cookie, ...sending })
      expectProblem(answer, status, code)
      expect(await databaseHash(world.db)).toBe(before)
      expect(world.faults).toEqual([])
    })

    test('the good request beside them passes, plain, gzipped and from an old browser', async () => {
      const { world, member } = ground
      const asked = good(ground)
      const ways: Sending[] = [{}, GZIP, from('http://localhost:80'), typed('application/json; charset=utf-8')]
      for (const way of ways) {
        const body = way === GZIP ? gzipSync(asked) : asked
        const answer = await world.post('/api/sync', body, { cookie: member.cookie, ...way })
        expect({ way, status: answer.statusCode }).toEqual({ way, status: 200 })
        expect(answer.json<SyncAnswer>().device).toBe('active')
      }
    })

    test('1,000 commands are not too many, and as many bytes as are allowed are not too large', async () => {
      const { world, member } = ground
      const many = await world.post('/api/sync', member.request(commandsOf(1_000)), { cookie: member.cookie })
      expect(many.statusCode).toBe(200)
      const wide = (size: number) => ' '.repeat(size - good(ground).length) + good(ground)
      const plain = await world.post('/api/sync', wide(LIMITS.wireBytes), { cookie: member.cookie })
      expect(plain.statusCode).toBe(200)
      const inflated = gzipSync(wide(LIMITS.inflatedBytes))
      expect((await world.post('/api/sync', inflated, { ...GZIP, cookie: member.cookie })).statusCode).toBe(200)
    })

    test('a bomb is small on the wire, and refusing it takes no time worth speaking of', async () => {
      const { world, member } = ground
      expect(bomb.length).toBeLessThan(LIMITS.wireBytes)
      const began = performance.now()
      const answer = await world.post('/api/sync', bomb, { ...GZIP, cookie: member.cookie })
      const took = performance.now() - began
      expectProblem(answer, 413, 'too_large')
      console.log(`${place.kind}: ${bomb.length} bytes that stand for 200 MB were refused in ${took.toFixed(1)} ms`)
    })

    test('a parameter that comes twice is refused wherever it is read', async () => {
      const { world, member } = ground
      expectProblem(await world.get('/api/me?a=1&a=2', { cookie: member.cookie }), 400, 'bad_parameter')
    })
  })

  describe('a flood', () => {
    test('of guesses gets 429 and the time to wait', async () => {
      const { world } = ground
      const before = await databaseHash(world.db)
      const guess = () => world.post('/api/enrol', enrolment('ABCD-EFGH'), { from: '192.0.2.1' })
      for (let tries = 0; tries < 60; tries++) expect((await guess()).statusCode).toBe(410)
      const answer = await guess()
      expectProblem(answer, 429, 'too_many_requests')
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60)
      expect(await databaseHash(world.db)).toBe(before)
      expect((await world.post('/api/enrol', enrolment('ABCD-EFGH'), { from: '192.0.2.2' })).statusCode).toBe(410)
    })

    test('of one phone’s requests gets 429 and the time to wait; its neighbour behind the same address does not', async () => {
      const { world, member, stranger } = ground
      const ask = (device: WireDevice) =>
        world.post('/api/sync', device.request(), { cookie: device.cookie, from: '192.0.2.3' })
      let answer = await ask(member)
      for (let more = 0; answer.statusCode === 200 && more <= LIMITS.requestsPerMinute; more++)
        answer = await ask(member)
      expectProblem(answer, 429, 'too_many_requests')
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect((await ask(stranger)).statusCode).toBe(200)
    })
  })

  describe('every answer', () => {
    test.for(['/healthz', '/readyz', '/api/me', '/api/nothing', '/nothing', '/api/openapi.json'])(
      'of %s carries the headers that keep a page safe',
      async (path) => {
        const { world, stranger } = ground
        expectSafeHeaders(await world.get(path, { cookie: stranger.cookie }))
      },
    )

    test('an unknown route is a coded 404, a page that is not built among them', async () => {
      for (const path of ['/api/nothing', '/api', '/nothing', '/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd']) {
        expectProblem(await ground.world.get(path, { headers: { accept: 'text/html' } }), 404, 'not_found')
      }
    })

    test('comes to an end: nobody holds a line open by asking for the head of a stream', async () => {
      const { world, stranger } = ground
      const headers = { cookie: `qiaomen=${stranger.cookie}` }
      expect((await world.app.inject({ method: 'HEAD', url: '/api/live', headers })).statusCode).toBe(404)
    })

    test('is kept by nobody on the way, where it is somebody’s', async () => {
      const { world, stranger } = ground
      for (const answer of [
        await world.get('/api/me', { cookie: stranger.cookie }),
        await world.get('/api/me'),
        await world.post('/api/sync', stranger.request(), { cookie: stranger.cookie }),
      ]) {
        expect(answer.headers['cache-control']).toBe('no-store')
      }
    })
  })
})

const folders: string[] = []
function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qiaomen-'))
  folders.push(folder)
  return folder
}
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

describe('before the first officer', () => {
  test('every route of the API answers setup_required; only the operator’s link is taken', async () => {
    const world = await WireWorld.open({ dataDir: aFolder() })
    const before = await databaseHash(world.db)
    const cookie = `${world.community}.${'x'.repeat(43)}`
    for (const path of ['/api/me', '/api/live', '/api/openapi.json']) {
      expectProblem(await world.get(path, { cookie }), 403, 'setup_required')
    }
    const nobody = new WireDevice(cookie, { deviceId: freshId(), serverTime: 0 } as never)
    expectProblem(await world.post('/api/sync', nobody.request(), { cookie }), 403, 'setup_required')
    expectProblem(await world.post('/api/enrol', enrolment('ABCD-EFGH')), 403, 'setup_required')
    expectProblem(await world.post('/api/enter', enrolment(`${world.community}.${'x'.repeat(43)}`)), 410, 'invite_dead')
    expect(await databaseHash(world.db)).toBe(before)
    expect((await world.get('/healthz')).statusCode).toBe(200)
    await world.enter({ role: 'officer' })
    expectProblem(await world.get('/api/me', { cookie }), 401, 'unauthenticated')
    await world.close()
  })
})

describe('after the first officer', () => {
  test('a server that starts anew finds the one officer among very many members', async () => {
    const world = await WireWorld.open({ dataDir: aFolder() })
    const officer = await world.enter({ role: 'officer' })
    // Their ids stand before any officer's, whatever the order of ids.
    const ids = Array.from({ length: 1_200 }, (_, at) => [`--member-${at}`, `zz-member-${at}`]).flat()
    const members = ids.map((id) => put('member', { id: id.padEnd(16, '-'), name: '阿珍', bonds: [] }))
    await commitDeed(world.context, world.community, async () => ({ changes: members, value: null }))
    expect(await isSetUp({ ...world.context })).toBe(true)
    expect((await world.get('/api/me', { cookie: officer.cookie })).statusCode).toBe(200)
    await world.close()
  })
})

describe('the cookie', () => {
  const flagsOf = async (secure: boolean) => {
    const world = await WireWorld.open({ dataDir: aFolder() }, { secure })
    const link = await makeEntryLink(world.context, world.community, { role: 'officer' })
    const answer = await world.post('/api/enter', { ...enrolment(link), community: '石榴桥社区' })
    expect(answer.headers['cache-control']).toBe('no-store')
    const standing = await world.get('/api/me', { cookie: answer.cookies[0]!.value })
    expect(standing.statusCode).toBe(200)
    expect(answer.body).not.toContain(answer.cookies[0]!.value)
    await world.close()
    return { header: String(answer.headers['set-cookie']), strict: answer.headers['strict-transport-security'] }
  }

  test('is bound to this host over HTTPS', async () => {
    const { header, strict } = await flagsOf(true)
    expect(header).toMatch(/^__Host-qiaomen=[A-Za-z0-9_.-]+;/)
    for (const flag of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) expect(header).toContain(flag)
    expect(header).not.toContain('Domain')
    expect(strict).toMatch(/max-age=\d{7,}/)
  })

  test('has a plain name on loopback, and stays out of reach of script there too', async () => {
    const { header, strict } = await flagsOf(false)
    expect(header).toMatch(/^qiaomen=/)
    for (const flag of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(header).toContain(flag)
    expect(header).not.toContain('Secure')
    expect(strict).toBeUndefined()
  })
})
