import Fastify from 'fastify'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { POLICY } from '../../src/domain/access.ts'
import { VERBS } from '../../src/domain/verbs.ts'
import { assertVerbsDeclared } from '../../sync-server/assertDeclared.ts'
import { keepToDeclared, principalAt } from '../../sync-server/identity/admission.ts'
import { createServer } from '../../sync-server/server.ts'
import { startServer } from '../harness/startServer.ts'
import { createWorld } from '../harness/world.ts'

async function aWorld() {
  const world = await createWorld()
  onTestFinished(() => world.close())
  return world
}

test('a route of which nobody said who may ask stops the start, and says where to say it', async () => {
  const { server } = await aWorld()
  const app = await createServer(server, { secure: false })
  onTestFinished(() => app.close())
  const said = 'the route GET /api/doors has no declared action: say in src/domain/access.ts who may ask there'
  expect(() => app.get('/api/doors', async () => ({}))).toThrow(said)
  const other = Fastify()
  keepToDeclared(other, server, 'qiaomen')
  expect(() => other.delete('/api/sync', async () => ({}))).toThrow('the route DELETE /api/sync has no declared action')
  expect(() => other.get('/api/me', async () => ({}))).not.toThrow()
})

test('a verb without a line in the policy, and a line without a verb, stop the start', () => {
  expect(() => assertVerbsDeclared({ ...VERBS, 'door/paint': {} })).toThrow(
    'the verb door/paint has no declared action: say in src/domain/access.ts who may',
  )
  expect(() => assertVerbsDeclared(VERBS, { ...POLICY, 'door/paint': { roles: ['officer'] } })).toThrow(
    'src/domain/access.ts says who may door/paint, and there is no such verb',
  )
  expect(() => assertVerbsDeclared()).not.toThrow()
})

test.each(['route', 'verb'])('the process itself does not start with an undeclared %s', async (planted) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'qiaomen-declared-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const plant = new URL('./plantUndeclared.ts', import.meta.url).href
  const started = startServer(dataDir, { UNDECLARED: planted, NODE_OPTIONS: `--import=${plant}` })
  await expect(started).rejects.toThrow(/has no declared action: say in src\/domain\/access\.ts/)
})

test('a handler that asks for a principal on a route that is open to anybody gets none', async () => {
  const { server } = await aWorld()
  const app = Fastify()
  onTestFinished(() => app.close())
  keepToDeclared(app, server, 'qiaomen')
  app.get('/healthz', async (request) => principalAt(request))
  expect((await app.inject('/healthz')).statusCode).toBe(500)
})
