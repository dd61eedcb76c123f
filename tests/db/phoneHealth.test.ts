import Dexie from 'dexie'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rescuePhone } from '../../src/app/rescuePhone.ts'
import { phoneNotice } from '../../src/app/errors.ts'
import { commit } from '../../src/db/commit.ts'
import { Database, DATA_VERSION, readPhone, type OutboxEntry } from '../../src/db/database.ts'
import { Health, type SentinelStore } from '../../src/db/health.ts'
import { makeRoom } from '../../src/db/makeRoom.ts'
import { openPhone, sentinelKey } from '../../src/db/openPhone.ts'
import { openReadOnly } from '../../src/db/openReadOnly.ts'
import { PhoneTrouble } from '../../src/db/PhoneTrouble.ts'
import { weedRecords } from '../../src/db/quarantine.ts'
import { parseSentinel } from '../../src/domain/phoneHealth.ts'
import { freshPace, synchronize } from '../../src/sync/synchronize.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, rowsOf, type Community } from '../sync/community.ts'

/** Phones that lost something, over a real server: each fault is made by hand in the database, as a browser would leave it. */
let community: Community
let phone: TestPhone
let memory: Map<string, string>
let store: SentinelStore

const whoOf = ({ standing }: TestPhone) => ({
  communityId: standing.community.id,
  memberId: standing.memberId,
  deviceId: standing.deviceId,
  device: standing.state,
  matchCode: standing.matchCode,
})
const keptOf = () => memory.get(sentinelKey(phone.database.name)) ?? null
const storage = {
  getItem: (key: string) => memory.get(key) ?? null,
  removeItem: (key: string) => void memory.delete(key),
}

beforeEach(async () => {
  phoneNotice.value = null
  memory = new Map()
  community = await createCommunity()
  phone = await community.member(community.teams[0])
  const key = sentinelKey(phone.database.name)
  store = { read: () => memory.get(key) ?? null, write: (text) => void memory.set(key, text) }
  await examine(phone.database)
})
afterEach(() => community.world.close())

const examine = (database: Database) => new Health(database, phone.seam, store).examine(whoOf(phone))
const look = () => new Health(phone.database, phone.seam, store).look(true)

/** Knocks at so many doors without a network, and looks. */
async function knock(doors: number): Promise<void> {
  for (const label of ['101', '102', '201', '202'].slice(0, doors)) {
    await community.knock(phone, community.stairwells[0], label)
  }
  await look()
}

/** The next start of the app, rescue and all. */
async function restart(): Promise<Database | null> {
  phone.database.close()
  const database = await openPhone(phone.seam, whoOf(phone), keptOf()).catch((error: unknown) =>
    rescuePhone(error, phone.seam, whoOf(phone), storage),
  )
  if (database) {
    phone.database = database
    await examine(database)
  }
  return database
}

const alarm = async () => {
  const { alarm: code, atMost, loss } = await readPhone(phone.database)
  return { code, atMost, told: loss?.told }
}

const resync = () => synchronize(phone.database, phone.seam, freshPace(), 'test')

const remake = (version: number, name = phone.database.name) =>
  new Promise<IDBDatabase>((resolve, reject) => {
    const opening = phone.seam.idb.indexedDB.open(name, version)
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })

describe('lost data are noticed', () => {
  test('nothing lost: no alarm, however often it starts', async () => {
    await knock(3)
    await restart()
    await restart()
    expect(await alarm()).toMatchObject({ code: null })
    await resync()
    expect((await alarm()).code).toBeNull()
    expect((await rowsOf(phone, 'visit')).size).toBe(3)
  })

  test('vanished: a database that ought to be there is not begun in silence', async () => {
    await knock(3)
    phone.database.close()
    await Dexie.delete(phone.database.name).catch(() => undefined)
    await new Promise((resolve) => (phone.seam.idb.indexedDB.deleteDatabase(phone.database.name).onsuccess = resolve))
    await expect(openPhone(phone.seam, whoOf(phone), keptOf())).rejects.toThrow(PhoneTrouble)
    const there = await phone.seam.idb.indexedDB.databases()
    expect(there.map(({ name }) => name)).not.toContain(phone.database.name)
    await restart()
    expect(await alarm()).toEqual({ code: 'vanished', atMost: 3, told: false })
  })

  test('emptied: every store is there and nothing in them', async () => {
    await knock(2)
    for (const table of phone.database.tables) await table.clear()
    await restart()
    expect(await alarm()).toEqual({ code: 'emptied', atMost: 2, told: false })
  })

  test('the owner’s row alone is gone: the outbox goes out under a lane that begins', async () => {
    await knock(2)
    await phone.database.phone.clear()
    await restart()
    expect(await alarm()).toMatchObject({ code: 'emptied', atMost: 0 })
    expect((await phone.database.outbox.toArray()).map(({ n, state }) => [n, state])).toEqual([
      [1, 'pending'],
      [2, 'pending'],
    ])
    await resync()
    expect((await rowsOf(phone, 'visit')).size).toBe(2)
  })

  test('truncated: single unsent rows are gone', async () => {
    await knock(4)
    const [first] = await phone.database.outbox.toCollection().primaryKeys()
    await phone.database.outbox.delete(first!)
    await restart()
    expect(await alarm()).toEqual({ code: 'rowsMissing', atMost: 1, told: false })
  })

  test('downgraded: an older image of itself', async () => {
    await knock(1)
    const image = await phone.database.phone.toArray()
    await knock(3)
    await phone.database.outbox
      .where('n')
      .above(0)
      .delete()
      .catch(() => phone.database.outbox.clear())
    await phone.database.phone.bulkPut(image)
    await restart()
    expect((await alarm()).code).toBe('fellBack')
  })

  test('pulled rows that are gone come back with the next sync, and nobody is alarmed', async () => {
    await look()
    const before = await phone.database.records.count()
    await phone.database.records.clear()
    await restart()
    expect(await alarm()).toMatchObject({ code: null })
    await resync()
    expect(await phone.database.records.count()).toBe(before)
  })

  test('the leader of the team reads it, and no teammate does', async () => {
    await knock(2)
    for (const table of phone.database.tables) await table.clear()
    await restart()
    await resync()
    const health = new Health(phone.database, phone.seam, store)
    const loss = (await health.untold())!
    const report = { lossId: loss.id, code: loss.code, atMost: loss.atMost }
    for (let times = 0; times < 2; times++) await commit(phone.database, phone.seam, 'device/report-loss', report)
    await health.told(loss.id)
    expect(await health.untold()).toBeNull()
    await resync()
    const leader = await community.leader(community.teams[0])
    const mate = await community.member(community.teams[0], '同伴')
    const told = [...(await rowsOf(leader, 'phoneLoss')).values()]
    expect(told).toMatchObject([{ code: 'emptied', atMost: 2, memberId: phone.standing.memberId }])
    expect((await rowsOf(mate, 'phoneLoss')).size).toBe(0)
  })
})

describe('rows that nobody can read', () => {
  test('a hand-edited command is set aside, counted, and the rest goes out', async () => {
    await knock(3)
    const [entry] = await phone.database.outbox.toArray()
    await phone.database.outbox.put({
      ...entry!,
      changes: 'all of them',
      claimedAt: 'yesterday',
    } as unknown as OutboxEntry)
    await restart()
    expect(await alarm()).toMatchObject({ code: 'quarantined', atMost: 1 })
    expect((await phone.database.quarantine.toArray()).map(({ from }) => from)).toEqual(['outbox'])
    expect(await phone.database.outbox.count()).toBe(2)
    await resync()
    expect((await alarm()).code).toBe('numbersLost')
    const leader = await community.leader(community.teams[0])
    expect((await rowsOf(leader, 'visit')).size).toBe(2)
  })

  test('a hand-edited pulled row is taken off and pulled again, once', async () => {
    const { database } = phone
    const row = (await database.records.where('[kind+id]').equals(['stairwell', community.stairwells[0]]).first())!
    await database.records.put({ ...row, body: { id: row.id, floors: 'three' } as unknown as { id: string } })
    expect(await weedRecords(database, () => Promise.resolve())).toBe(1)
    await phone.sync()
    expect((await rowsOf(phone, 'stairwell')).get(row.id)).toMatchObject(row.body)
    expect(await weedRecords(database, () => Promise.resolve())).toBe(0)
  })

  test('an owner that cannot be read is adopted anew', async () => {
    await knock(1)
    await phone.database.phone.update('phone', { nextN: 'many' as unknown as number })
    await restart()
    expect(await alarm()).toMatchObject({ code: 'emptied', atMost: 0 })
    expect((await readPhone(phone.database)).nextN).toBe(2)
  })
})

describe('versions', () => {
  test('an older app only looks at newer data, and gives them no shape of its own', async () => {
    await knock(1)
    phone.database.close()
    await upgrade((tomorrow) => tomorrow.createObjectStore('fromTomorrow'))
    // Whether the sentinel knows of it or not.
    await expect(openPhone(phone.seam, whoOf(phone), keptOf())).rejects.toThrow('newer')
    memory.set(sentinelKey(phone.database.name), `${DATA_VERSION + 1} {}`)
    await expect(openPhone(phone.seam, whoOf(phone), keptOf())).rejects.toThrow('newer')
    const database = await openReadOnly(phone.seam, whoOf(phone))
    expect(await database.outbox.count()).toBe(1)
    await expect(database.outbox.clear()).rejects.toThrow()
    await expect(
      commit(database, phone.seam, 'session/start', { roundId: community.roundId, partnerIds: [] }),
    ).rejects.toThrow()
    expect(await database.outbox.count()).toBe(1)
    database.close()
  })

  test('newer data that lack what this version needs stay closed, and are given nothing', async () => {
    phone.database.close()
    await upgrade((tomorrow) => tomorrow.deleteObjectStore('carried'))
    memory.set(sentinelKey(phone.database.name), `${DATA_VERSION + 1} {}`)
    expect(await restart()).toBeNull()
    expect(phoneNotice.value).toBe('newer')
    const after = await remake(10 * (DATA_VERSION + 1))
    expect([...after.objectStoreNames]).not.toContain('carried')
    after.close()
  })

  /** What a newer version of the app does at its first start. */
  async function upgrade(change: (tomorrow: IDBDatabase) => void): Promise<void> {
    const tomorrow = await new Promise<IDBDatabase>((resolve) => {
      const opening = phone.seam.idb.indexedDB.open(phone.database.name, 10 * (DATA_VERSION + 1))
      opening.onupgradeneeded = () => change(opening.result)
      opening.onsuccess = () => resolve(opening.result)
    })
    tomorrow.close()
  }

  test('a window that holds an older version open is named, and nothing waits without a word', async () => {
    phone.database.close()
    await new Promise((resolve) => (phone.seam.idb.indexedDB.deleteDatabase(phone.database.name).onsuccess = resolve))
    const old = await remake(10)
    const opening = openPhone(phone.seam, whoOf(phone), null)
    await expect(opening).rejects.toThrow('blocked')
    old.close()
  })

  test('a crash in an upgrade leaves the data as they were', async () => {
    await knock(2)
    phone.database.close()
    class Tomorrow extends Database {
      constructor() {
        super(phone.database.name, phone.seam.idb)
        this.version(DATA_VERSION + 1)
          .stores({ outbox: '++seq, id, state, verb' })
          .upgrade(async (transaction) => {
            await transaction.table('outbox').clear()
            throw new Error('the battery')
          })
      }
    }
    await expect(new Tomorrow().open()).rejects.toThrow()
    await restart()
    expect(await phone.database.outbox.count()).toBe(2)
    expect(await alarm()).toMatchObject({ code: null })
  })
})

describe('room', () => {
  test('closed rounds go first; what is unsent, held or refused, and what it stands on, is never touched', async () => {
    const [stairwellId] = community.stairwells
    for (const label of ['101', '102', '201']) await community.knock(phone, stairwellId, label)
    await phone.sync()
    const { visitId } = await community.knock(phone, stairwellId, '202')
    const taken = [...(await rowsOf(phone, 'visit')).keys()].find((id) => id !== visitId)!
    const visit = (await rowsOf(phone, 'visit')).get(taken) as unknown as { doorId: string }
    await phone.commit('visit/void', { visitId: taken, stairwellId, doorId: visit.doorId })
    const { officer, roundId } = community
    const round = { roundId, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'closed' as const }
    await officer.commit('round/save', { ...round, baseRevision: 1 })
    await officer.sync()
    const asked = phone.database
    await asked.records
      .where('[kind+id]')
      .equals(['round', roundId])
      .modify((row) => {
        Object.assign(row.body, { state: 'closed' })
      })
    const waiting = await asked.outbox.toArray()
    const facades = await asked.facades.toArray()
    const before = (await rowsOf(phone, 'visit')).size
    const gone = await makeRoom(asked, () => Promise.resolve(false))
    const left = await rowsOf(phone, 'visit')
    expect(gone).toBe(before - 2)
    expect([...left.keys()].sort()).toEqual([visitId, taken].sort())
    expect(await asked.outbox.toArray()).toEqual(waiting)
    expect(await asked.facades.toArray()).toEqual(facades)
    expect((await readPhone(asked)).evicted).toBe(gone)
    await phone.sync()
    expect(await asked.outbox.where('state').equals('pending').count()).toBe(0)
    expect((await alarm()).code).toBeNull()
  })

  test('with room enough nothing goes', async () => {
    await knock(1)
    expect(await makeRoom(phone.database, () => Promise.resolve(true))).toBe(0)
  })
})

test('the sentinel never runs ahead of the database', async () => {
  await knock(2)
  const { nextN, lanes } = await readPhone(phone.database)
  const kept = parseSentinel(store.read())!
  expect(kept).toMatchObject({ nextN, lane: lanes ?? 0, unsent: 2 })
  const savedAfter = (ms: number) => {
    const clock = { now: () => kept.seenAt + ms }
    new Health(phone.database, { ...phone.seam, clock }, store).saved()
    return parseSentinel(store.read())
  }
  // A look that was taken just now has seen it.
  expect(savedAfter(100)).toMatchObject({ nextN, unsent: 2 })
  expect(savedAfter(400)).toMatchObject({ nextN, unsent: 3 })
})
