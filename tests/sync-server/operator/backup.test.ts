import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { atOneMoment } from '../../../sync-server/operator/atOneMoment.ts'
import { BACKED_UP, LEFT_OUT, type Manifest } from '../../../sync-server/operator/backupFile.ts'
import { backupTo } from '../../../sync-server/operator/backupTo.ts'
import { restoreFrom } from '../../../sync-server/operator/restoreFrom.ts'
import { verify } from '../../../sync-server/operator/verify.ts'
import { openStorage, type Storage } from '../../../sync-server/storage/openStorage.ts'
import { readClock, readRange } from '../../../sync-server/storage/records.ts'
import { databaseHash } from '../../harness/databaseHash.ts'
import { createDatabase, type TestDatabase } from '../../harness/postgres.ts'
import { WireWorld, type WireDevice } from '../../harness/wireWorld.ts'

const folder = mkdtempSync(join(tmpdir(), 'backup-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const newFolder = (name: string) => mkdtempSync(join(folder, `${name}-`))
const qiaomen = fileURLToPath(new URL('../../../sync-server/operator/qiaomen.ts', import.meta.url))

describe.each(['sqlite', 'postgres'] as const)('backup on %s', (kind) => {
  let environment: Record<string, string>
  let world: WireWorld
  let database: TestDatabase | undefined

  beforeEach(async () => {
    environment = { DATA_DIR: newFolder('data') }
    if (kind === 'postgres') environment['DATABASE_URL'] = (database = await createDatabase()).url
    world = await WireWorld.open(options())
  })
  afterEach(async () => {
    await world.close()
    await database?.drop()
  })

  const options = () =>
    kind === 'postgres' ? { databaseUrl: environment['DATABASE_URL']! } : { dataDir: environment['DATA_DIR']! }

  /** A street with a leader who knocks without end until told to stop. */
  async function busyStreet() {
    const officer = await world.enter({ role: 'officer' })
    const street = await world.street(officer)
    const leader = await world.enter({ role: 'leader', team: street.teamIds[0] })
    const knock = (device: WireDevice) => {
      const where = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label: '101' }
      return device.command('visit/record', { ...where, outcome: 'met', sessionId: null })
    }
    return {
      street,
      push: (count: number) =>
        world.push(
          leader,
          Array.from({ length: count }, () => knock(leader)),
        ),
    }
  }

  test('a snapshot sees nothing of what is written beside it, and holds nobody up', async () => {
    const { street, push } = await busyStreet()
    await push(3)
    const visits = (db: Storage['db']) => readRange(db, world.community, `s:${street.stairwellIds[0]}`, 'visit', 100)
    await atOneMoment(world.context, async (trx) => {
      expect(await visits(trx)).toHaveLength(3)
      const began = performance.now()
      await push(4)
      // A writer that had to wait for the reader would wait for ever here.
      expect(performance.now() - began).toBeLessThan(2_000)
      expect(await visits(world.db)).toHaveLength(7)
      expect(await visits(trx)).toHaveLength(3)
    })
    const writing = atOneMoment(world.context, (trx) => trx.deleteFrom('record').execute())
    await expect(writing).rejects.toThrow(/read.?only/)
  })

  test('a backup while phones write is one moment of the history, whole', async () => {
    const { street, push } = await busyStreet()
    await push(400)
    let isOver = false
    const backups = newFolder('busy')
    const writing = (async () => {
      let pushed = 0
      for (; !isOver; pushed += 20) await push(20)
      return pushed
    })()
    const manifest = (await backupTo(backups, environment)).value as Manifest
    isOver = true
    expect(await writing).toBeGreaterThan(0)
    await world.close()
    await restoreFrom(backups, environment)
    world = await WireWorld.open(options())
    const rows = await readRange(world.db, world.community, `s:${street.stairwellIds[0]}`, 'visit', 50_000)
    expect(rows.length % 20).toBe(0)
    expect(Math.max(...rows.map(({ clock }) => clock))).toBeLessThanOrEqual(manifest.communities[0]!.clock)
    expect((await verify(environment)).value).toMatchObject({ ok: true })
  })

  test('a truncated, altered, missing or newer backup is refused by its code, and nothing is touched', async () => {
    const { push } = await busyStreet()
    await push(50)
    const backups = newFolder('damaged')
    const manifest = (await backupTo(backups, environment)).value as Manifest
    const [data, said] = [join(backups, manifest.file), join(backups, 'manifest.json')]
    const [bytes, text] = [readFileSync(data), readFileSync(said, 'utf8')]
    const before = await databaseHash(world.db)
    await world.close()
    const refuses = async (code: string) => {
      await expect(restoreFrom(backups, environment)).rejects.toMatchObject({ name: 'BadBackup', code })
      writeFileSync(data, bytes)
      writeFileSync(said, text)
    }
    for (const length of [0, 1, 100, bytes.length - 9, bytes.length - 1]) {
      truncateSync(data, length)
      await refuses('backup_damaged')
    }
    const altered = Buffer.from(bytes)
    altered[bytes.length >> 1]! ^= 1
    writeFileSync(data, altered)
    await refuses('backup_damaged')
    rmSync(data)
    await refuses('backup_damaged')
    writeFileSync(said, text.replace(manifest.sha256, '0'.repeat(64)))
    await refuses('backup_damaged')
    writeFileSync(said, text.replace('"rows": ', '"rows": 1'))
    await refuses('backup_damaged')
    writeFileSync(said, text.slice(0, 40))
    await refuses('backup_damaged')
    writeFileSync(said, text.replace('"001-records"', '"001-records", "900-next"'))
    await refuses('backup_newer')
    rmSync(said)
    await refuses('backup_missing')
    world = await WireWorld.open(options())
    expect(await databaseHash(world.db)).toBe(before)
  })

  test('a full disk ends a backup by its code, and the backup before it is the good one', async () => {
    const { push } = await busyStreet()
    await push(200)
    const backups = newFolder('full')
    const first = (await backupTo(backups, environment)).value as Manifest
    await push(600)
    // A limit on the size of a file fails like a full disk, and needs no disk to fill.
    const run = (blocks: number) =>
      spawnSync(
        '/bin/sh',
        [
          '-c',
          `ulimit -f ${blocks}; exec "$0" --disable-warning=ExperimentalWarning "$@"`,
          process.execPath,
          qiaomen,
          'backup',
          backups,
        ],
        {
          env: { ...process.env, ...environment },
          encoding: 'utf8',
        },
      )
    const failed = run(64)
    expect([failed.status, failed.stderr]).toEqual([1, expect.stringMatching(/^disk_full: no room for the backup/)])
    expect(readdirSync(backups).sort()).toEqual([first.file, 'journal.ndjson', 'manifest.json'].sort())
    await world.close()
    await restoreFrom(backups, environment)
    world = await WireWorld.open(options())
    expect((await verify(environment)).value).toMatchObject({ ok: true })
  })

  test('a restore under a running server is refused, and nothing is touched', async () => {
    const { push } = await busyStreet()
    await push(3)
    const backups = newFolder('served')
    await backupTo(backups, environment)
    await push(3)
    const before = await databaseHash(world.db)
    // In this process the data folder of SQLite is held by the open server as well.
    await expect(restoreFrom(backups, environment)).rejects.toMatchObject({ code: 'data_dir_in_use' })
    expect(await databaseHash(world.db)).toBe(before)
  })

  test('every table is in a backup or left out on purpose', async () => {
    const tables = await world.db.introspection.getTables()
    const named = [...Object.keys(BACKED_UP), ...LEFT_OUT].sort()
    expect(
      tables
        .filter(({ isView }) => !isView)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(named)
  })

  test('the same backup is brought back on the other database', async () => {
    const { street, push } = await busyStreet()
    await push(30)
    const backups = newFolder('across')
    await backupTo(backups, environment)
    const clock = await readClock(world.db, world.community)
    const other = kind === 'sqlite' ? await createDatabase() : null
    const there: Record<string, string> = {
      DATA_DIR: newFolder('there'),
      ...(other ? { DATABASE_URL: other.url } : {}),
    }
    await restoreFrom(backups, there)
    const storage = await openStorage(other ? { databaseUrl: other.url } : { dataDir: there['DATA_DIR']! })
    expect(await readRange(storage.db, world.community, `s:${street.stairwellIds[0]}`, 'visit', 100)).toHaveLength(30)
    expect((await readClock(storage.db, world.community))!.clock).toBe(clock!.clock)
    await storage.close()
    expect((await verify(there)).value).toMatchObject({ ok: true })
    await other?.drop()
  })
})

test('[SYNC-14] a text that was written over is not in the bytes of the SQLite file', async () => {
  const dataDir = newFolder('bytes')
  const world = await WireWorld.open({ dataDir })
  const officer = await world.enter({ role: 'officer' })
  const street = await world.street(officer)
  const [stairwellId] = street.stairwellIds
  const write = officer.command('stairwell/access-note', { stairwellId, baseRevision: 0, note: '找三楼张阿姨开门' })
  const bytes = () =>
    Buffer.concat(readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name)))).includes('张阿姨')
  expect((await world.push(officer, [write]))[0]).toMatchObject({ result: 'applied' })
  expect(bytes()).toBe(true)
  const redact = officer.command('stairwell/redact-note', { stairwellId, revision: 1 })
  expect((await world.push(officer, [redact]))[0]).toMatchObject({ result: 'applied' })
  await world.close()
  expect(bytes()).toBe(false)
})

test('a backup and a restore of 80 MB live in a heap of 48', async () => {
  const dataDir = newFolder('large')
  const world = await WireWorld.open({ dataDir })
  await world.enter({ role: 'officer' })
  const body = JSON.stringify({ id: 'x', text: '长'.repeat(1_300) })
  await world.context.storage.transaction(async (trx) => {
    for (let at = 0; at < 20_000; at += 500) {
      const rows = Array.from({ length: 500 }, (_, index) => ({ id: `row-${at + index}`, clock: 1_000 + at + index }))
      const rest = { community: world.community, kind: 'team', scope: 'c', deleted: 1, body }
      await trx
        .insertInto('record')
        .values(rows.map((row) => ({ ...row, ...rest })))
        .execute()
    }
    await trx.updateTable('clock').set({ clock: 100_000 }).execute()
  })
  await world.close()
  const backups = newFolder('large')
  for (const verb of ['backup', 'restore']) {
    const flags = ['--max-old-space-size=48', '--disable-warning=ExperimentalWarning']
    const ran = spawnSync(process.execPath, [...flags, qiaomen, verb, backups], {
      env: { ...process.env, DATA_DIR: dataDir },
      encoding: 'utf8',
    })
    expect([ran.status, ran.stderr]).toEqual([0, ''])
  }
}, 120_000)
