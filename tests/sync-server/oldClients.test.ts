import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { spawnSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { DATA_VERSION } from '../../src/db/database.ts'
import { openPhone } from '../../src/db/openPhone.ts'
import type { Seam } from '../../src/db/seam.ts'
import { discardRefused } from '../../src/db/outbox.ts'
import { touchesOf } from '../../src/db/touches.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { Answer, SyncAnswer } from '../../src/protocol/sync.ts'
import { freshPace, synchronize } from '../../src/sync/synchronize.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { restoreFrom } from '../../sync-server/operator/restoreFrom.ts'
import { verify } from '../../sync-server/operator/verify.ts'
import { createServer } from '../../sync-server/server.ts'
import { openStorage } from '../../sync-server/storage/openStorage.ts'
import { restorePhone, type PhoneDump } from '../harness/phoneDump.ts'
import { createDatabase } from '../harness/postgres.ts'
import { OWN_HEADERS } from '../harness/wireWorld.ts'
import { HandClock, seededRng } from '../harness/world.ts'

/*
 * What earlier versions said and stored, as tests/fixtures/recordVersion.ts wrote it down when they were new. Nothing in
 * these folders is ever recorded again: a phone that slept through a year wakes up with exactly this.
 */

interface RecordedRequest {
  phone: string
  at: number
  cookie: string
  body: string
  status: number
  answer: Partial<SyncAnswer>
}

interface RecordedPhone {
  at: number
  secret: string
  cookie: string
  standing: Standing
  dump: PhoneDump
}

const fixtures = path.resolve(import.meta.dirname, '../fixtures')
const versions = readdirSync(fixtures).filter((name) => /^v\d+$/.test(name))
const newest = versions.toSorted((left, right) => Number(left.slice(1)) - Number(right.slice(1))).at(-1)!
const read = (version: string, name: string) => readFileSync(path.join(fixtures, version, name))
const json = (version: string, name: string): unknown => JSON.parse(read(version, name).toString('utf8'))

function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'old-clients-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Today's server over a database as an earlier version left it. */
async function serve(options: { dataDir: string } | { databaseUrl: string }, clock: HandClock, secret: string) {
  const storage = await openStorage(options)
  const faults: unknown[] = []
  const onFault = (error: unknown) => void faults.push(error)
  const pokes = new EventEmitter().setMaxListeners(0)
  const context: ServerContext = { storage, clock, rng: seededRng(77), secret, pokes, onFault }
  const app = await createServer(context, { secure: false })
  onTestFinished(async () => {
    await app.close()
    await storage.close()
  })
  let address = 0
  const post = async (body: string, cookie: string) => {
    const headers = { ...OWN_HEADERS, cookie: `qiaomen=${cookie}` }
    const remoteAddress = `10.1.0.${++address % 250}`
    const answer = await app.inject({ method: 'POST', url: '/api/sync', payload: body, headers, remoteAddress })
    return { status: answer.statusCode, body: answer.json<unknown>() }
  }
  return { context, post, faults }
}

function unpackServer(version: string, name: string): string {
  const dataDir = scratchFolder()
  writeFileSync(path.join(dataDir, 'qiaomen.sqlite'), gunzipSync(read(version, name)))
  return dataDir
}

/** Today's app on a phone's database as an earlier version left it. */
async function wake({ dump, standing, cookie }: RecordedPhone, clock: HandClock, post: Post) {
  const indexedDB = new IDBFactory()
  await restorePhone(dump, indexedDB)
  const seam: Omit<Seam, 'paint' | 'timer' | 'locks'> = {
    clock,
    rng: seededRng(78),
    idb: { indexedDB, IDBKeyRange },
    net: { post: async (_path, body) => ({ ...(await post(body, cookie)), retryAfterMs: null }) },
    calm: (run) => run(),
    isRestless: () => false,
  }
  const { community, memberId, deviceId, state, matchCode } = standing
  const database = await openPhone(seam, { communityId: community.id, memberId, deviceId, device: state, matchCode })
  onTestFinished(() => database.close())
  return { database, sync: () => synchronize(database, seam, freshPace(), 'today') }
}
type Post = Awaited<ReturnType<typeof serve>>['post']

/** What an answer means to a phone; the clock of a row is the server's own affair. */
const meaningOf = ({ id, result, ...rest }: Answer) => {
  const { code, until, again } = rest as { code?: string; until?: string; again?: true }
  return { id, result, code, until, again }
}

const rowsIn = (dump: PhoneDump, name: string) =>
  (dump.stores.find((store) => store.name === name)?.rows ?? []) as { id: string; state: string }[]

/** What the commands on the phone came to on the server, by id. */
async function answersOf({ storage }: ServerContext, community: string, ids: readonly string[]): Promise<Answer[]> {
  const rows = await storage.db
    .selectFrom('command')
    .select(['id', 'answer'])
    .where('community', '=', community)
    .where('id', 'in', ids)
    .execute()
  return rows.map((row) => JSON.parse(row.answer) as Answer)
}

test('what was recorded reaches up to the shape that phones have today', () => {
  expect(versions).toContain('v1')
  const { dump } = json(newest, 'phone.json') as RecordedPhone
  expect(dump.version).toBe(DATA_VERSION * 10)
})

test('what records a version still says every verb of it', () => {
  const folder = scratchFolder()
  const script = path.join(fixtures, 'recordVersion.ts')
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8', timeout: 60_000 })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  // A file that a version wrote is one that every later version writes as well.
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(readdirSync(path.join(fixtures, newest))))
})

/** What was sent to which server; phones of the first version had not met a restored one. */
const recordings = versions.flatMap((version) => {
  const met: [string, string, string][] = [[version, 'requests.json', 'server-before.sqlite.gz']]
  if (version !== 'v1') met.push([version, 'reoffer.json', 'server-restored.sqlite.gz'])
  return met
})

test.each(recordings)('[SYNC-9] today’s server answers as its own did: %s, %s', async (version, file, server) => {
  const requests = json(version, file) as RecordedRequest[]
  const { secret } = json(version, 'phone.json') as RecordedPhone
  const clock = new HandClock(requests[0]!.at)
  const { post } = await serve({ dataDir: unpackServer(version, server) }, clock, secret)
  expect(requests.length).toBeGreaterThan(file === 'requests.json' ? 20 : 3)
  for (const { phone, at, cookie, body, status, answer } of requests) {
    clock.ms = at
    const today = await post(body, cookie)
    const what = `${phone} at ${at}: ${body.slice(0, 300)}`
    expect(today.status, what).toBe(status)
    if (status !== 200) {
      expect(today.body, what).toMatchObject({ code: (answer as { code: string }).code })
      continue
    }
    const said = today.body as SyncAnswer
    expect(said.answers.map(meaningOf), what).toEqual(answer.answers!.map(meaningOf))
    expect(said, what).toMatchObject({ lane: answer.lane, device: answer.device, dropScopes: answer.dropScopes })
    expect(said.carried, what).toEqual(answer.carried)
    for (const { kind, id, scope, body: row } of answer.changes!) {
      const change = said.changes.find((entry) => entry.kind === kind && entry.id === id)
      // A page may end elsewhere today; what is on it means what it meant.
      if (change || !said.more) expect(change, `${what} ${kind}`).toMatchObject({ kind, id, scope, body: row })
    }
  }
})

test.each(versions)(
  '[SYNC-1] [SYNC-9] today’s app opens the phone of %s and drains it, exactly once',
  async (version) => {
    const recorded = json(version, 'phone.json') as RecordedPhone
    const clock = new HandClock(recorded.at + 60_000)
    const dataDir = unpackServer(version, 'server-after.sqlite.gz')
    const { context, post, faults } = await serve({ dataDir }, clock, recorded.secret)
    const { database, sync } = await wake(recorded, clock, post)
    const before = rowsIn(recorded.dump, 'outbox')
    expect(new Set(before.map((entry) => entry.state))).toEqual(new Set(['pending', 'applied', 'held', 'refused']))
    expect(await database.outbox.count()).toBe(before.length)
    for (const { changes, reads, touches } of await database.outbox.toArray()) {
      expect(touches).toEqual(touchesOf(changes, reads))
      expect(touches.length).toBeGreaterThan(0)
    }

    expect(await sync()).toBe('synced')
    const left = await database.outbox.toArray()
    expect(left.map((entry) => entry.state).sort()).toEqual(['held', 'refused'])
    const answers = await answersOf(
      context,
      recorded.standing.community.id,
      before.map(({ id }) => id),
    )
    expect(answers).toHaveLength(before.length)
    for (const { id, state } of before) {
      const wanted = state === 'pending' ? 'applied' : state
      expect(answers.find((answer) => answer.id === id)?.result, id).toBe(wanted)
    }
    // Every visit that the person saw on this phone still stands on it, and on the server.
    const visits = rowsIn(recorded.dump, 'records').filter((row) => (row as { kind?: string }).kind === 'visit')
    for (const { id } of visits) expect(await database.records.where('[kind+id]').equals(['visit', id]).count()).toBe(1)
    // A teammate's file that lay here was brought, and what had been set aside is still here to be looked at.
    for (const file of rowsIn(recorded.dump, 'carried')) {
      expect(await database.carried.get(file.id)).toMatchObject({ state: 'delivered', refused: 0 })
    }
    expect(await database.quarantine.toArray()).toEqual(rowsIn(recorded.dump, 'quarantine'))
    const refused = left.find((entry) => entry.state === 'refused')!
    await discardRefused(database, refused.seq!)
    expect(await database.outbox.where('state').equals('refused').count()).toBe(0)
    expect(faults).toEqual([])
  },
)

test.each(versions)('today’s server takes over the database of %s, and it holds together', async (version) => {
  const dataDir = unpackServer(version, 'server-after.sqlite.gz')
  const recorded = json(version, 'phone.json') as RecordedPhone
  const { context } = await serve({ dataDir }, new HandClock(recorded.at), recorded.secret)
  const known = await context.storage.db.selectFrom('command').select('id').execute()
  expect(known.length).toBeGreaterThan(30)
  expect((await verify({ DATA_DIR: dataDir })).value).toMatchObject({ ok: true })
})

test.each(versions)(
  '[SYNC-8] a backup of %s comes back on PostgreSQL, and its phone misses nothing',
  async (version) => {
    const recorded = json(version, 'phone.json') as RecordedPhone
    const database = await createDatabase()
    onTestFinished(() => database.drop())
    const environment = { DATABASE_URL: database.url, DATA_DIR: scratchFolder() }
    await restoreFrom(path.join(fixtures, version, 'backup'), environment)
    expect((await verify(environment)).value).toMatchObject({ ok: true })

    const clock = new HandClock(recorded.at + 60_000)
    const { context, post } = await serve({ databaseUrl: database.url }, clock, recorded.secret)
    const phone = await wake(recorded, clock, post)
    expect(await phone.sync()).toBe('synced')
    expect(await phone.database.outbox.where('state').anyOf('pending', 'applied').count()).toBe(0)
    const kept = [...rowsIn(recorded.dump, 'outbox'), ...rowsIn(recorded.dump, 'sent')].map(({ id }) => id)
    expect(await answersOf(context, recorded.standing.community.id, kept)).toHaveLength(kept.length)
  },
)
