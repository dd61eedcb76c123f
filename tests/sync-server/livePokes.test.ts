import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../harness/postgres.ts'
import { startServer, type ServerProcess } from '../harness/startServer.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { freshId, OWN_HEADERS, WireDevice } from '../harness/wireWorld.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { SyncAnswer } from '../../src/protocol/sync.ts'

let database: TestDatabase
let servers: ServerProcess[]
let officer: WireDevice
let admin: pg.Client

/** Two server processes on one PostgreSQL, and a device that speaks to the first. */
beforeAll(async () => {
  database = await createDatabase()
  const first = await startServer(undefined, { DATABASE_URL: database.url })
  const [, secret] = /#(.+)$/.exec(first.setUpLink ?? '') ?? []
  const person = { secret, name: '专员', community: '石榴桥社区', deviceName: '测试机' }
  const answer = await fetch(`${first.url}/api/enter`, post(person))
  const cookie = /qiaomen=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? ''
  officer = new WireDevice(cookie, (await answer.json()) as Standing)
  const second = await startServer(undefined, { DATABASE_URL: database.url })
  servers = [first, second]
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
  await relaysListen()
}, 60_000)

afterAll(async () => {
  await admin.end()
  for (const server of servers) await server.stop()
  await database.drop()
})

const post = (body: unknown, cookie = '') => {
  return { method: 'POST', headers: { ...OWN_HEADERS, cookie: `qiaomen=${cookie}` }, body: JSON.stringify(body) }
}

/** The connections on which the two servers listen. */
async function relays(): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'qiaomen pokes' and datname = current_database()
     and state = 'idle' and query <> '' order by pid`,
  )
  return rows.map(({ pid }) => pid)
}

const relaysListen = () => waitUntil(async () => (await relays()).length === 2, { what: 'both servers to listen' })

/** Listens as a phone does, and counts the pokes. */
async function listen(server: ServerProcess): Promise<{ pokes(): number; stop(): void }> {
  const end = new AbortController()
  const answer = await fetch(`${server.url}/api/live`, {
    headers: { cookie: `qiaomen=${officer.cookie}` },
    signal: end.signal,
  })
  let said = ''
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      said += value
    }
  }
  // The stream ends by being cut off.
  void read().catch(() => {})
  return { pokes: () => said.split('event: poke').length - 1, stop: () => end.abort() }
}

async function saveTeam(server: ServerProcess): Promise<SyncAnswer> {
  const command = officer.command('team/save', { teamId: freshId(), baseRevision: 0, name: '队' })
  const answer = await fetch(`${server.url}/api/sync`, post(officer.request([command]), officer.cookie))
  return (await answer.json()) as SyncAnswer
}

test('[SYNC-10] what one server took in is heard by a phone that listens to the other', async () => {
  const [first, second] = servers as [ServerProcess, ServerProcess]
  const there = await listen(second)
  const here = await listen(first)
  expect((await saveTeam(first)).answers).toMatchObject([{ result: 'applied' }])
  await waitUntil(() => there.pokes() > 0, { what: 'the poke from elsewhere' })
  await waitUntil(() => here.pokes() > 0, { what: 'the poke of this server' })
  there.stop()
  here.stop()
})

test('[SYNC-10] twenty commits, one right behind the other, are few pokes', async () => {
  const [first, second] = servers as [ServerProcess, ServerProcess]
  const there = await listen(second)
  for (let n = 0; n < 20; n++) expect((await saveTeam(first)).answers).toMatchObject([{ result: 'applied' }])
  await waitUntil(() => there.pokes() > 0, { what: 'a poke' })
  const before = there.pokes()
  // One more is told on its own; whatever was still on its way came before it.
  await saveTeam(first)
  await waitUntil(() => there.pokes() > before, { what: 'the last poke' })
  expect(there.pokes()).toBeLessThan(15)
  there.stop()
})

test('[SYNC-10] a connection that is cut loses pokes and no command, and is made again', async () => {
  const [first, second] = servers as [ServerProcess, ServerProcess]
  const there = await listen(second)
  const before = await relays()
  for (const pid of before) await admin.query('select pg_terminate_backend($1)', [pid])
  expect((await saveTeam(first)).answers).toMatchObject([{ result: 'applied' }])
  await relaysListen()
  expect((await relays()).some((pid) => before.includes(pid))).toBe(false)
  const known = there.pokes()
  expect((await saveTeam(first)).answers).toMatchObject([{ result: 'applied' }])
  await waitUntil(() => there.pokes() > known, { what: 'a poke over the new connection' })
  there.stop()
})

test('[SYNC-10] a message that makes no sense is dropped', async () => {
  const [first, second] = servers as [ServerProcess, ServerProcess]
  const there = await listen(second)
  for (const payload of ['', '{', 'null', '{"from":"x"}', '{"from":"x","communities":7}']) {
    await admin.query('select pg_notify($1, $2)', ['qiaomen_poke', payload])
  }
  await saveTeam(first)
  await waitUntil(() => there.pokes() > 0, { what: 'the poke behind the nonsense' })
  there.stop()
})
