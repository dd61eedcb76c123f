import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { afterAll, expect, test } from 'vitest'
import { mintId } from '../../../src/domain/hash.ts'
import { SCHEMA_READ } from '../../../sync-server/storage/migrate.ts'
import { allMigrations } from '../../../sync-server/storage/migrations/allMigrations.ts'
import { readRange } from '../../../sync-server/storage/records.ts'
import { WireWorld, type WireDevice } from '../../harness/wireWorld.ts'
import { onEachDatabase } from './eachDatabase.ts'

/** What a release to come may add: a column that may be empty, a table and an index. */
const expand: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('command').addColumn('arrivedBy', 'text').execute()
    await db.schema.alterTable('record').addColumn('sealedBy', 'text').execute()
    await db.schema
      .createTable('nextThing')
      .addColumn('community', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('said', 'text')
      .addPrimaryKeyConstraint('nextThing_pk', ['community', 'id'])
      .execute()
    await db.schema.createIndex('command_byArrival').on('command').columns(['community', 'arrivedBy']).execute()
  },
}
const ROUNDS = 20
const COMMANDS = 5

onEachDatabase((place) => {
  const worlds: WireWorld[] = []
  afterAll(async () => {
    for (const world of worlds) await world.close()
  })
  const steps = { ...allMigrations(place.kind), '900-next': expand }
  const openWorld = async (options: Parameters<typeof WireWorld.open>[0]) => {
    const world = await WireWorld.open({ ...options, lock: false })
    worlds.push(world)
    return world
  }

  test('this release and the next write into one expanded database at once, and each reads the other', async () => {
    const options = await place.empty()
    // The server of this release is running while the next one's takes its step, and another of this one starts after it.
    const running = await openWorld(options)
    const officer = await running.enter({ role: 'officer' })
    const street = await running.street(officer)
    const next = await openWorld({ ...options, steps })
    const started = await openWorld(options)
    const people: WireDevice[] = []
    for (const team of street.teamIds) people.push(await running.enter({ role: 'leader', team }))
    const visits = (device: WireDevice, at: number) =>
      Array.from({ length: COMMANDS }, (_, index) => {
        const label = ['101', '102', '201', '202'][index % 4]!
        const stairwellId = street.stairwellIds[at % 2]!
        const where = { stairwellId, roundId: street.roundId, level: Number(label[0]), label, sessionId: null }
        return device.command('visit/record', { ...where, outcome: 'met' })
      })
    const taken: string[] = []
    const pushAll = async (world: WireWorld, device: WireDevice, at: number) => {
      for (let round = 0; round < ROUNDS; round++) {
        const commands = visits(device, at)
        for (const answer of await world.push(device, commands)) expect(answer.result).toBe('applied')
        taken.push(...commands.map(({ id }) => mintId(id, '0')))
        // What only the next release knows, written beside it.
        if (world !== next) continue
        await sql`insert into "nextThing" ("community", "id") values (${world.community}, ${commands[0]!.id})`.execute(
          world.db,
        )
        await sql`update "command" set "arrivedBy" = 'wire' where "id" = ${commands[0]!.id}`.execute(world.db)
      }
    }
    const [first, second] = people as [WireDevice, WireDevice]
    await Promise.all([pushAll(next, first, 0), pushAll(started, second, 1), pushAll(running, officer, 0)])
    for (const world of [running, next, started]) {
      const rows = await Promise.all(
        street.stairwellIds.map((id) => readRange(world.db, world.community, `s:${id}`, 'visit', 5_000)),
      )
      expect(new Set(rows.flat().map(({ id }) => id))).toEqual(new Set(taken))
      expect(world.faults).toEqual([])
    }
    expect(taken).toHaveLength(3 * ROUNDS * COMMANDS)
    const { rows } = await sql<{ clock: number }>`select "clock" from "record" order by "clock"`.execute(next.db)
    expect(new Set(rows.map(({ clock }) => clock)).size).toBe(rows.length)
    const pulled = await started.sync(officer, [], { pull: true })
    expect(pulled.changes.length).toBeGreaterThan(0)
  })

  test('a database that a later release has contracted stops this one at its start, with one line', async () => {
    const options = await place.empty()
    const later = await place.open({ ...options, steps })
    await later.db.insertInto('setting').values({ name: SCHEMA_READ, value: '900-next' }).execute()
    await later.close()
    const { dataDir, databaseUrl } = options
    const env = {
      PORT: '0',
      ...(dataDir ? { DATA_DIR: dataDir } : {}),
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
    }
    const main = fileURLToPath(new URL('../../../sync-server/main.ts', import.meta.url))
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)))
    const [status] = (await once(child, 'close')) as [number]
    expect(status).toBe(1)
    const known = Object.keys(allMigrations(place.kind)).at(-1)
    expect(said).toBe(`schema_newer: the database has taken 900-next, this server knows ${known}\n`)
  })
})
