import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql, type Transaction } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Storage } from '../../../sync-server/storage/openStorage.ts'
import {
  advanceClock,
  lockClock,
  putRecords,
  readClock,
  readRecords,
  startClock,
} from '../../../sync-server/storage/records.ts'
import { StorageTrouble } from '../../../sync-server/storage/StorageTrouble.ts'
import type { Tables } from '../../../sync-server/storage/tables.ts'
import { startPostgres } from '../../harness/postgres.ts'
import { onEachDatabase, postgresPlace, sqlitePlace } from './eachDatabase.ts'

const aRow = (id: string, clock: number) => ({ kind: 'visit', id, scope: 'c', clock, deleted: 0, body: '{}' })

/** Lets everything else that is ready run first. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Opens once `count` have come; two transactions that both pass have both read before either writes. */
function barrier(count: number): () => Promise<void> {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  let come = 0
  return () => {
    if (++come === count) open()
    return opened
  }
}

async function aCommunity(storage: Storage, community: string): Promise<string> {
  await storage.transaction((trx) => startClock(trx, community, 'epoch'))
  return community
}

onEachDatabase((place) => {
  let storage: Storage
  beforeAll(async () => {
    storage = await place.open(await place.empty())
  })

  it('a throw undoes everything and is thrown on', async () => {
    const community = await aCommunity(storage, 'thrown')
    const thrown = new Error('decide threw')
    const failing = storage.transaction(async (trx) => {
      await advanceClock(trx, community, 1)
      await putRecords(trx, community, [aRow('v1', 1)])
      throw thrown
    })
    await expect(failing).rejects.toBe(thrown)
    expect(await readClock(storage.db, community)).toMatchObject({ clock: 0 })
    expect(await readRecords(storage.db, community, [aRow('v1', 1)])).toEqual([])
  })

  it('a rollback that fails holds nobody up, and nothing of it stands', async () => {
    const community = 'failed-rollback'
    let isOut = false
    const log = (statement: string) => {
      if (isOut && /^rollback/i.test(statement)) throw new StorageTrouble('unreachable', 'the disk is away')
    }
    const own = await place.open({ ...(await place.empty()), log })
    await aCommunity(own, community)
    isOut = true
    const failing = own.transaction(async (trx) => {
      await advanceClock(trx, community, 1)
      throw new Error('decide threw')
    })
    await expect(failing).rejects.toThrow()
    isOut = false
    await own.transaction((trx) => advanceClock(trx, community, 5))
    expect(await readClock(own.db, community)).toMatchObject({ clock: 5 })
  })

  it('an error of the database undoes everything, even when the caller swallows it', async () => {
    const community = await aCommunity(storage, 'swallowed')
    const swallowing = storage.transaction(async (trx) => {
      await putRecords(trx, community, [aRow('v1', 1)])
      await putRecords(trx, community, [aRow('v2', 1)]).catch(() => 'swallowed')
    })
    await expect(swallowing).rejects.toMatchObject({ name: 'StatementFault', code: 'sql' })
    expect(await readRecords(storage.db, community, [aRow('v1', 1), aRow('v2', 1)])).toEqual([])
  })

  it('[SYNC-3] writers of one community come one after the other, and no clock is given out twice', async () => {
    const community = await aCommunity(storage, 'serial')
    const writers = Array.from({ length: 25 }, (_, index) =>
      storage.transaction(async (trx) => {
        const clock = (await lockClock(trx, community))?.clock ?? Number.NaN
        await nextTurn()
        await putRecords(trx, community, [aRow(`v${index}`, clock + 1)])
        await advanceClock(trx, community, clock + 1)
        return clock + 1
      }),
    )
    const clocks = await Promise.all(writers)
    expect(clocks.sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1))
    expect(await readClock(storage.db, community)).toMatchObject({ clock: 25 })
  })

  it('db inside a transaction is an error at once, not a wait for ever', async () => {
    const community = await aCommunity(storage, 'inside')
    const within = (use: (trx: Transaction<Tables>) => Promise<unknown>) => storage.transaction(use)
    const wrong = { name: 'StatementFault', code: 'db_inside_transaction' }
    await expect(within(() => readClock(storage.db, community))).rejects.toMatchObject(wrong)
    await expect(within(() => storage.transaction((trx) => lockClock(trx, community)))).rejects.toMatchObject(wrong)
    // What was only started inside and runs after the commit is free again: publishing a poke, for example.
    let later: Promise<unknown> = Promise.resolve()
    let commit = () => {}
    const committed = new Promise<void>((resolve) => (commit = resolve))
    await within(async () => {
      later = committed.then(() => readClock(storage.db, community))
    })
    commit()
    await expect(later).resolves.toMatchObject({ clock: 0 })
  })

  it('a lone read does not wait for a writer, and sees only what is committed', async () => {
    const community = await aCommunity(storage, 'reading')
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let written = () => {}
    const hasWritten = new Promise<void>((resolve) => (written = resolve))
    const writing = storage.transaction(async (trx) => {
      await advanceClock(trx, community, 5)
      written()
      await released
    })
    await hasWritten
    expect(await readClock(storage.db, community)).toMatchObject({ clock: 0 })
    release()
    await writing
    expect(await readClock(storage.db, community)).toMatchObject({ clock: 5 })
  })

  it('a lone write outside a transaction is committed by itself', async () => {
    await storage.db.insertInto('setting').values({ name: 'secret', value: 'one' }).execute()
    const changed = await storage.db.updateTable('setting').set({ value: 'two' }).executeTakeFirstOrThrow()
    expect(changed.numUpdatedRows).toBe(1n)
    const rows = await storage.db.selectFrom('setting').selectAll().where('name', '=', 'secret').execute()
    expect(rows).toEqual([{ name: 'secret', value: 'two' }])
  })

  it('nothing runs on a storage that was closed', async () => {
    const closed = await place.open(await place.empty())
    await closed.close()
    await expect(readClock(closed.db, 'any')).rejects.toThrow('destroyed')
    await expect(closed.transaction((trx) => lockClock(trx, 'any'))).rejects.toThrow('destroyed')
  })
})

describe('[SYNC-3] the lock, on PostgreSQL', () => {
  const place = postgresPlace()
  let storages: [Storage, Storage]
  beforeAll(async () => {
    const options = await place.empty()
    // Two pools stand for two server processes: nothing but the database lies between them.
    storages = [await place.open(options), await place.open(options)]
  })

  type ReadClock = (db: Transaction<Tables>, community: string) => Promise<{ clock: number } | null>
  const raise = (storage: Storage, community: string, read: ReadClock, afterRead: () => Promise<void>) =>
    storage.transaction(async (trx) => {
      const clock = (await read(trx, community))?.clock ?? Number.NaN
      await afterRead()
      await trx
        .updateTable('clock')
        .set({ clock: clock + 1 })
        .where('community', '=', community)
        .execute()
    })

  it('planted defect: reading the clock without the lock loses an update', async () => {
    const community = await aCommunity(storages[0], 'planted')
    const bothHaveRead = barrier(2)
    await Promise.all(storages.map((storage) => raise(storage, community, readClock, bothHaveRead)))
    expect(await readClock(storages[0].db, community)).toMatchObject({ clock: 1 })
  })

  it('with the lock none is lost, from two processes at once', async () => {
    const community = await aCommunity(storages[0], 'locked')
    const writers = Array.from({ length: 40 }, (_, index) => {
      const storage = storages[index % 2 === 0 ? 0 : 1]
      return raise(storage, community, lockClock, () => nextTurn())
    })
    await Promise.all(writers)
    expect(await readClock(storages[1].db, community)).toMatchObject({ clock: 40 })
  })

  it('planted defect: a clock that was read without the lock is caught when it is stored', async () => {
    const community = await aCommunity(storages[0], 'caught')
    const bothHaveRead = barrier(2)
    const careless = (storage: Storage) =>
      storage.transaction(async (trx) => {
        const clock = (await readClock(trx, community))?.clock ?? Number.NaN
        await bothHaveRead()
        await advanceClock(trx, community, clock + 1)
      })
    const outcomes = await Promise.allSettled(storages.map(careless))
    const [failed] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(failed).toMatchObject({ name: 'StatementFault', code: 'clock_backwards' })
  })

  it('communities do not wait for each other', async () => {
    const one = await aCommunity(storages[0], 'apart-1')
    const two = await aCommunity(storages[0], 'apart-2')
    const bothHold = barrier(2)
    const hold = (storage: Storage, community: string) =>
      storage.transaction(async (trx) => {
        await lockClock(trx, community)
        await bothHold()
      })
    await expect(Promise.all([hold(storages[0], one), hold(storages[1], two)])).resolves.toHaveLength(2)
  })
})

describe('trouble on PostgreSQL', () => {
  const place = postgresPlace()

  it('a connection that is cut in the middle is retryable, and the next transaction works', async () => {
    const options = await place.empty()
    const [storage, other] = [await place.open(options), await place.open(options)]
    const community = await aCommunity(storage, 'cut')
    const cut = storage.transaction(async (trx) => {
      await advanceClock(trx, community, 1)
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other.db)
      await lockClock(trx, community)
    })
    await expect(cut).rejects.toMatchObject({ name: 'StorageTrouble', code: 'unreachable', retryable: true })
    await storage.transaction((trx) => advanceClock(trx, community, 2))
    expect(await readClock(storage.db, community)).toMatchObject({ clock: 2 })
  })

  it('a server that is killed and comes back keeps every commit and needs no help from us', async () => {
    const server = await startPostgres()
    try {
      const storage = await place.open({ databaseUrl: server.url })
      const community = await aCommunity(storage, 'killed')
      await storage.transaction((trx) => advanceClock(trx, community, 1))
      await server.crashAndRestart()
      // Connections that the pool kept are dead; each may report that once.
      const clock = await untilReachable(() => readClock(storage.db, community))
      expect(clock).toMatchObject({ clock: 1 })
      await storage.transaction((trx) => advanceClock(trx, community, 2))
      await storage.close()
    } finally {
      await server.stop()
    }
  })

  it('nobody at the address is unreachable, within the time limit', async () => {
    const opening = place.open({ databaseUrl: 'postgres://qiaomen@127.0.0.1:1/postgres' })
    await expect(opening).rejects.toMatchObject({ name: 'StorageTrouble', code: 'unreachable' })
  })

  it('two transactions that wait for each other end, one of them retryable', async () => {
    const storage = await place.open(await place.empty())
    const [one, two] = [await aCommunity(storage, 'one'), await aCommunity(storage, 'two')]
    const bothHold = barrier(2)
    const crosswise = (first: string, second: string) =>
      storage.transaction(async (trx) => {
        await lockClock(trx, first)
        await bothHold()
        await lockClock(trx, second)
      })
    const outcomes = await Promise.allSettled([crosswise(one, two), crosswise(two, one)])
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(reasons).toMatchObject([{ name: 'StorageTrouble', code: 'conflict', retryable: true }])
  })

  it('a full disk is named', async () => {
    const storage = await place.open(await place.empty())
    const full = sql`do $$ begin raise exception 'no space left' using errcode = 'disk_full'; end $$`
    await expect(full.execute(storage.db)).rejects.toMatchObject({ name: 'StorageTrouble', code: 'disk_full' })
  })

  async function untilReachable<T>(run: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await run()
      } catch (error) {
        if (attempt === 20 || !(error instanceof StorageTrouble) || !error.retryable) throw error
      }
    }
  }
})

describe('trouble on SQLite', () => {
  const place = sqlitePlace()

  async function openFile() {
    const options = await place.empty()
    const storage = await place.open(options)
    return { storage, file: join(options.dataDir ?? '', 'qiaomen.sqlite') }
  }

  it('a full disk stops writing with disk_full, reads go on, and space mends it', async () => {
    const { storage } = await openFile()
    const community = await aCommunity(storage, 'full')
    const pages = await sql<{ page_count: number }>`pragma page_count`.execute(storage.db)
    const limitPages = (count: number) => sql`pragma max_page_count = ${sql.lit(count)}`.execute(storage.db)
    await limitPages((pages.rows[0]?.page_count ?? 0) + 10)
    const large = (id: string, clock: number) => ({
      ...aRow(id, clock),
      body: JSON.stringify({ text: '门'.repeat(50_000) }),
    })
    const write = () =>
      storage.transaction(async (trx) => {
        await advanceClock(trx, community, 1)
        await putRecords(trx, community, [large('v1', 1)])
      })
    await expect(write()).rejects.toMatchObject({ name: 'StorageTrouble', code: 'disk_full', retryable: false })
    expect(await readClock(storage.db, community)).toMatchObject({ clock: 0 })
    await limitPages(1_000_000)
    await write()
    expect(await readRecords(storage.db, community, [aRow('v1', 1)])).toHaveLength(1)
  })

  it('a writer waits for another process that holds the file, without stopping reads or this process', async () => {
    const { storage, file } = await openFile()
    const community = await aCommunity(storage, 'busy')
    const operator = new DatabaseSync(file)
    operator.exec('begin immediate')
    const writing = storage.transaction((trx) => advanceClock(trx, community, 1))
    const lone = storage.db.insertInto('setting').values({ name: 'secret', value: 'x' }).execute()
    for (let turn = 0; turn < 20; turn++) {
      await nextTurn()
      expect(await readClock(storage.db, community)).toMatchObject({ clock: 0 })
    }
    operator.exec('rollback')
    operator.close()
    await Promise.all([writing, lone])
    expect(await readClock(storage.db, community)).toMatchObject({ clock: 1 })
  })

  it('closing waits for the transaction that is running', async () => {
    const { storage, file } = await openFile()
    const community = await aCommunity(storage, 'closing')
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const writing = storage.transaction(async (trx) => {
      await advanceClock(trx, community, 1)
      await released
    })
    await nextTurn()
    const closing = storage.close()
    release()
    await Promise.all([writing, closing])
    const reopened = await place.open({ file })
    expect(await readClock(reopened.db, community)).toMatchObject({ clock: 1 })
  })
})
