import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sha256Hex } from '../../src/domain/hash.ts'
import { enrol, enter, recovery, whoAmI } from '../../src/sync/ask.ts'
import { createServer } from '../../sync-server/server.ts'
import { makeEntryLink } from '../../sync-server/start.ts'
import { putSetting } from '../../sync-server/storage/enrolments.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let server: FastifyInstance

/** The browser's fetch, from a page of this server: relative addresses and a cookie jar. */
async function openPage(): Promise<void> {
  await server.listen({ port: 0, host: '127.0.0.1' })
  const address = server.server.address()
  const base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const plainFetch = globalThis.fetch
  let cookie = ''
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const response = await plainFetch(base + path, { ...init, headers: { ...init.headers, cookie } })
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    return response
  })
}

beforeEach(async () => {
  world = await createWorld()
  server = await createServer(world.server, { secure: false })
  await openPage()
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await server.close()
  await world.close()
})

const names = { name: '王姐', community: '石榴桥社区' }

test('the first officer’s link wants names, is not used up by asking for them, and works once', async () => {
  const secret = await makeEntryLink(world.server, world.community, { role: 'officer' })
  expect(await whoAmI()).toMatchObject({ ok: false, code: 'setup_required' })
  expect(await enter({ secret, deviceName: '电脑' })).toMatchObject({ ok: false, code: 'bad_request' })
  const entered = await enter({ secret, deviceName: '电脑', ...names })
  expect(entered).toMatchObject({ ok: true, value: { name: '王姐', role: 'officer', state: 'active' } })
  expect(await whoAmI()).toMatchObject({ ok: true, value: { community: { name: '石榴桥社区' }, role: 'officer' } })
  expect(await enter({ secret, deviceName: '电脑', ...names })).toMatchObject({ ok: false, code: 'invite_dead' })
})

test('a short code lets a phone in as pending, once, and a wrong one says nothing more than dead', async () => {
  const officer = await world.phone({ role: 'officer' })
  await officer.sync()
  const hashes = { secretHash: sha256Hex('long-secret'), codeHash: sha256Hex('ABCD2345') }
  await officer.commit('invite/create', { role: 'member', teamId: null, ...hashes, label: '', minutes: 15 })
  await officer.sync()
  const asked = await enrol({ secret: 'abcd-2345', name: '阿明', deviceName: '安卓手机' })
  expect(asked).toMatchObject({ ok: true, value: { name: '阿明', state: 'pending', role: null } })
  expect(asked.ok && asked.value.matchCode).toMatch(/^\d{6}$/)
  const again = await enrol({ secret: 'ABCD2345', name: '阿明', deviceName: '安卓手机' })
  const wrong = await enrol({ secret: 'WXYZ2345', name: '阿明', deviceName: '安卓手机' })
  expect([again, wrong]).toEqual(Array(2).fill({ ok: false, code: 'invite_dead', retryAfterMs: null }))
})

test('after a restore an officer reads which phones may still bring something, and nobody else does', async () => {
  const link = (role: string) => makeEntryLink(world.server, world.community, { role })
  const silent = await world.phone({ role: 'officer' })
  const { memberId, deviceId } = silent.standing
  await enter({ secret: await link('officer'), deviceName: '电脑', ...names })
  expect(await recovery()).toEqual({ ok: true, value: { recovery: null } })
  const [madeAt, restoredAt] = [world.clock.now() - 3_600_000, world.clock.now()]
  const said = JSON.stringify({ madeAt, restoredAt })
  await world.server.storage.transaction((trx) => putSetting(trx, `restored.${world.community}`, said))
  const asked = await recovery()
  expect(asked).toMatchObject({ ok: true, value: { recovery: { madeAt, restoredAt } } })
  expect(asked.ok && asked.value.recovery!.missing).toContainEqual({ deviceId, memberId })
  await silent.sync()
  const later = await recovery()
  expect(later.ok && later.value.recovery!.missing).not.toContainEqual({ deviceId, memberId })
  world.clock.tick(7 * 86_400_000)
  expect(await recovery()).toEqual({ ok: true, value: { recovery: null } })
  await enter({ secret: await link('member'), deviceName: '手机', ...names })
  expect(await recovery()).toMatchObject({ ok: false, code: 'not_found' })
})

test('a captive portal’s page and no network at all are both offline, and never throw', async () => {
  vi.stubGlobal('fetch', async () => new Response('<html>', { headers: { 'content-type': 'text/html' } }))
  expect(await whoAmI()).toEqual({ ok: false, code: 'offline', retryAfterMs: null })
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('no network')))
  expect(await enter({ secret: 'secret-secret', deviceName: '' })).toMatchObject({ ok: false, code: 'offline' })
})
