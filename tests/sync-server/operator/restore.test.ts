import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mintStairwellId } from '../../../src/domain/records/stairwell.ts'
import { isFormerEpoch } from '../../../sync-server/epoch.ts'
import type { Manifest } from '../../../sync-server/operator/backupFile.ts'
import { backupTo } from '../../../sync-server/operator/backupTo.ts'
import { restoreFrom } from '../../../sync-server/operator/restoreFrom.ts'
import { verify } from '../../../sync-server/operator/verify.ts'
import { JournalFile } from '../../../sync-server/JournalFile.ts'
import { openStorage, type Storage } from '../../../sync-server/storage/openStorage.ts'
import { readClock, readRange } from '../../../sync-server/storage/records.ts'
import { createDatabase } from '../../harness/postgres.ts'
import { createWorld, type World } from '../../harness/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'restore-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(['sqlite', 'postgres'] as const)('backup and restore on %s', (kind) => {
  let environment: Record<string, string>
  let storage: Storage
  let world: World
  let dropDatabase = async () => {}

  beforeEach(async () => {
    const dataDir = mkdtempSync(join(folder, 'data-'))
    if (kind === 'postgres') {
      const database = await createDatabase()
      dropDatabase = database.drop
      environment = { DATABASE_URL: database.url, DATA_DIR: dataDir }
      storage = await openStorage({ databaseUrl: database.url })
    } else {
      environment = { DATA_DIR: dataDir }
      storage = await openStorage({ dataDir })
    }
    world = await createWorld({ storage })
  })
  afterEach(async () => {
    await world.close()
    await dropDatabase()
  })

  /** A house, a round and a visit each from two phones; the second visit after the backup. */
  async function live() {
    const officer = await world.phone({ role: 'officer' })
    await officer.sync()
    const roundId = world.newId()
    const round = { roundId, baseRevision: 0, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'open' as const }
    await officer.commit('round/save', round)
    const doors = ['101', '102'].map((label, column) => ({ label, level: 1, kind: 'home' as const, column }))
    const house = { estate: '', building: '1栋', stairwell: '', floors: [{ level: 1, label: '1' }], doors }
    await officer.commit('roster/import-stairwell', house)
    const stairwellId = mintStairwellId(world.community, '', '1栋', '')
    const knock = (label: string) => {
      return { stairwellId, roundId, level: 1, label, outcome: 'met' as const, sessionId: null }
    }
    await officer.commit('visit/record', knock('101'))
    await officer.sync()
    return { officer, stairwellId, knock }
  }

  test('[SYNC-8] a history that a restore began is known after the next one, though the database was lost in between', async () => {
    await live()
    const backup = mkdtempSync(join(folder, 'backup-'))
    await backupTo(backup, environment)
    await storage.close()
    const restored = () =>
      openStorage(
        kind === 'postgres' ? { databaseUrl: environment['DATABASE_URL']! } : { dataDir: environment['DATA_DIR']! },
      )
    await restoreFrom(backup, environment)
    storage = await restored()
    world.server.storage = storage
    const between = (await readClock(storage.db, world.community))!.epoch
    // As a server does at its start.
    await (await JournalFile.follow(environment['DATA_DIR']!, world.server)).settled()
    for (const table of ['journal', 'setting', 'clock'] as const) await storage.db.deleteFrom(table).execute()
    await storage.close()
    await restoreFrom(backup, environment)
    storage = await restored()
    world.server.storage = storage
    expect(await isFormerEpoch(storage.db, world.community, between, world.clock.now())).toBe(true)
  })

  test('[SYNC-8] what came after the backup is offered again by the phone, and nothing is missing', async () => {
    const { officer, stairwellId, knock } = await live()
    const backup = mkdtempSync(join(folder, 'backup-'))
    expect((await backupTo(backup, environment)).value).toMatchObject({ format: 2 })
    await officer.commit('visit/record', knock('102'))
    await officer.sync()
    const before = await readClock(storage.db, world.community)
    await storage.close()

    await restoreFrom(backup, environment)
    const restored =
      kind === 'postgres' ? { databaseUrl: environment['DATABASE_URL']! } : { dataDir: environment['DATA_DIR']! }
    storage = await openStorage(restored)
    world.server.storage = storage
    const after = await readClock(storage.db, world.community)
    expect(after!.epoch).not.toBe(before!.epoch)
    expect(await isFormerEpoch(storage.db, world.community, before!.epoch, world.clock.now())).toBe(true)
    const visits = () => readRange(storage.db, world.community, `s:${stairwellId}`, 'visit', 10)
    expect(await visits()).toHaveLength(1)
    await officer.sync()
    expect(await visits()).toHaveLength(2)
    expect(await officer.database.outbox.count()).toBe(0)
    expect((await verify(environment)).ok).toBe(true)
  })

  test('a damaged backup is refused with the live data untouched', async () => {
    const { stairwellId } = await live()
    const backup = mkdtempSync(join(folder, 'backup-'))
    const { file: name } = (await backupTo(backup, environment)).value as Manifest
    const file = join(backup, name)
    writeFileSync(file, readFileSync(file).subarray(0, -20))
    await storage.close()
    await expect(restoreFrom(backup, environment)).rejects.toThrow('damaged')
    const again =
      kind === 'postgres' ? { databaseUrl: environment['DATABASE_URL']! } : { dataDir: environment['DATA_DIR']! }
    storage = await openStorage(again)
    world.server.storage = storage
    expect(await readRange(storage.db, world.community, `s:${stairwellId}`, 'visit', 10)).toHaveLength(1)
  })
})
