import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { put } from '../../src/domain/put.ts'
import { commitDeed } from '../../sync-server/commitDeed.ts'
import { isSetUp } from '../../sync-server/routes/ready.ts'
import { makeEntryLink } from '../../sync-server/start.ts'
import { databaseHash } from '../harness/databaseHash.ts'
import { freshId, WireDevice, WireWorld } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

function enrolment(secret: string) {
  return { secret, name: '阿珍', deviceName: '手机' }
}

function expectProblem(answer: LightMyRequestResponse, status: number, code: string): void {
  expect({ status: answer.statusCode, body: answer.json<unknown>() }).toEqual({
    status,
    body: { type: 'about:blank', title: code, status, code },
  })
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.headers['set-cookie']).toBeUndefined()
}

onEachDatabase((place) => {
  let world: WireWorld
  let member: WireDevice
  beforeAll(async () => {
    world = await WireWorld.open(await place.empty())
    const { teamIds } = await world.street(await world.enter({ role: 'officer' }))
    member = await world.enter({ role: 'member', team: teamIds[0] })
    return () => world.close()
  })

  describe('every answer', () => {
    test('an unknown route is a coded 404, a page that is not built among them', async () => {
      for (const path of ['/api/nothing', '/api', '/nothing', '/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd']) {
        expectProblem(await world.get(path, { headers: { accept: 'text/html' } }), 404, 'not_found')
      }
    })

    test('is kept by nobody on the way, where it is somebody’s', async () => {
      for (const answer of [
        await world.get('/api/me', { cookie: member.cookie }),
        await world.get('/api/me'),
        await world.post('/api/sync', member.request(), { cookie: member.cookie }),
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
