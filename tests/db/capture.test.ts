import Dexie, { RangeSet, type ObservabilitySet } from 'dexie'
import { expect, test, vi } from 'vitest'
import { commit as commitOn, rehearse } from '../../src/db/commit.ts'
import { Database, newId, readPhone } from '../../src/db/database.ts'
import { mintId } from '../../src/domain/hash.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import { createCommunity } from '../sync/community.ts'

test('[SYNC-1] a listener that fails takes no saved command away, and the next one is saved behind it', async () => {
  const community = await createCommunity()
  const { database, commit } = await community.member(community.teams[0])
  const listener = vi.fn(() => {
    throw new Error('a listener of the page')
  })
  Dexie.on.storagemutated.subscribe(listener)
  await commit('session/start', { roundId: community.roundId, partnerIds: [] }).catch(() => {})
  Dexie.on.storagemutated.unsubscribe(listener)
  expect(listener).toHaveBeenCalled()
  expect(await database.outbox.count()).toBe(1)
  await commit('session/start', { roundId: community.roundId, partnerIds: [] })
  expect((await database.outbox.toArray()).map(({ n }) => n)).toEqual([1, 2])
  await community.world.close()
})

test('what is written beside a tap’s memory, in the same page and without a new revision, is seen by the next tap', async () => {
  const community = await createCommunity()
  const { database, commit } = await community.member(community.teams[0])
  const [stairwellId] = community.stairwells
  const scope = `s:${stairwellId}`
  const row = (await database.records.get([scope, 'stairwell', stairwellId]))!
  const layout = row.body as Stairwell
  const { id: doorId, level, label } = layout.doors[0]!
  const knock = async () => {
    const { roundId } = community
    const outcome = 'notHome' as const
    const args = { stairwellId, roundId, doorId, level, label, outcome, sessionId: null }
    const committed = await commit('visit/record', args)
    if (!committed.saved) throw new Error(committed.code)
    const visit = await database.records.get([scope, 'visit', mintId(committed.id, '0')])
    return (visit?.body as Visit).label
  }
  // A phone whose first download is not through does not know what it does not hold, and would decide otherwise.
  expect((await readPhone(database)).complete).toBe(true)
  expect(await knock()).toBe(label)
  const { revision } = await readPhone(database)
  const doors = layout.doors.map((door) => (door.id === doorId ? { ...door, label: '甲' } : door))
  await database.records.put({ ...row, body: { ...layout, doors } as Stairwell })
  expect((await readPhone(database)).revision).toBe(revision)
  expect(await knock()).toBe('甲')
  await community.world.close()
})

test('[SYNC-1] a tap that was worked out on what another tab has changed since is worked out again', async () => {
  const community = await createCommunity()
  const { database, seam, commit } = await community.member(community.teams[0])
  const otherTab = new Database(database.name, seam.idb)
  await otherTab.open()
  const { roundId } = community
  const started = await commit('session/start', { roundId, partnerIds: [] })
  if (!started.saved) throw new Error(started.code)
  const end = { sessionId: mintId(started.id, '0'), sentence: '' }
  // This tab has looked at the session and remembers it as open.
  await rehearse(database, seam, [{ id: newId(seam.rng), verb: 'session/end', args: end }])
  expect(await commitOn(otherTab, seam, 'session/end', end)).toMatchObject({ saved: true })
  expect(await commit('session/end', end)).toEqual({ saved: false, code: 'session_ended' })
  expect(await commit('session/start', { roundId, partnerIds: [] })).toMatchObject({ saved: true })
  expect((await database.outbox.toArray()).map(({ n }) => n)).toEqual([1, 2, 3])
  otherTab.close()
  await community.world.close()
})

test('[SYNC-1] what two tabs save in the same moment is all saved, and each once', async () => {
  const community = await createCommunity()
  const { database, seam } = await community.member(community.teams[0])
  const otherTab = new Database(database.name, seam.idb)
  await otherTab.open()
  const args = { roundId: community.roundId, partnerIds: [] }
  const both = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? database : otherTab))
  // Each of them has a memory, and finds it outdated by the other.
  const first = [
    await commitOn(database, seam, 'session/start', args),
    await commitOn(otherTab, seam, 'session/start', args),
  ]
  const moment = await Promise.all(both.map((tab) => commitOn(tab, seam, 'session/start', args)))
  const committed = [...first, ...moment]
  expect(committed.filter(({ saved }) => !saved)).toEqual([])
  const entries = await database.outbox.toArray()
  expect(entries.map(({ n }) => n)).toEqual(committed.map((_, index) => index + 1))
  expect(new Set(entries.map(({ id }) => id))).toEqual(new Set(committed.map((each) => (each.saved ? each.id : ''))))
  otherTab.close()
  await community.world.close()
})

test('[SYNC-1] what goes ahead is saved with the command in one transaction, or with it not at all', async () => {
  const community = await createCommunity()
  const { database, seam } = await community.member(community.teams[0])
  const { roundId } = community
  const begin = { id: newId(seam.rng), verb: 'session/start' as const, args: { roundId, partnerIds: [] } }
  const end = { sessionId: mintId(begin.id, '0'), sentence: '' }
  const transaction = vi.spyOn(database.core, 'transaction')
  // The second command rests on the row that the first has made a moment ago.
  expect(await commitOn(database, seam, 'session/end', end, [begin])).toMatchObject({ saved: true })
  expect(transaction).toHaveBeenCalledTimes(1)
  const entries = () => database.outbox.toArray()
  expect((await entries()).map(({ n, verb }) => [n, verb])).toEqual([
    [1, 'session/start'],
    [2, 'session/end'],
  ])
  expect((await entries())[0]!.id).toBe(begin.id)

  // Refused, it is left out; where the command itself cannot be read, nothing is begun.
  const endAgain = { id: newId(seam.rng), verb: 'session/end' as const, args: end }
  expect(await commitOn(database, seam, 'session/start', begin.args, [endAgain])).toMatchObject({ saved: true })
  const ahead = { ...begin, id: newId(seam.rng) }
  const unreadable = { roundId, partnerIds: ['?'] }
  expect(await commitOn(database, seam, 'session/start', unreadable, [ahead])).toMatchObject({ code: 'bad_field' })
  expect((await entries()).map(({ n }) => n)).toEqual([1, 2, 3])

  // A disk that fails at the second takes the first with it.
  const look = database.core.transaction(['outbox'], 'readonly') as IDBTransaction
  const store = Object.getPrototypeOf(look.objectStore('outbox')) as IDBObjectStore
  const real = store.add
  const add = vi.spyOn(store, 'add')
  add.mockImplementation(function (this: IDBObjectStore, entry: { id: string }) {
    if (entry.id !== ahead.id) throw new DOMException('no room', 'QuotaExceededError')
    return real.call(this, entry)
  })
  await expect(commitOn(database, seam, 'session/start', begin.args, [ahead])).rejects.toThrow('no room')
  add.mockRestore()
  expect((await entries()).map(({ n }) => n)).toEqual([1, 2, 3])
  expect(await commitOn(database, seam, 'session/start', begin.args, [ahead])).toMatchObject({ saved: true })
  expect((await entries()).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5])
  await community.world.close()
})

test('screens hear of a row of taps once, when nobody taps any more, and then of all of them', async () => {
  const community = await createCommunity()
  const { database, seam } = await community.member(community.teams[0])
  const args = { roundId: community.roundId, partnerIds: [] }
  const waiting = new Set<() => void>()
  const restless = { ...seam, calm: (run: () => void) => void waiting.add(run) }
  const heard: ObservabilitySet[] = []
  const listener = (parts: ObservabilitySet) => void heard.push(parts)
  Dexie.on.storagemutated.subscribe(listener)
  const ids: string[] = []
  for (let tap = 0; tap < 3; tap++) {
    const committed = await commitOn(database, restless, 'session/start', args)
    if (committed.saved) ids.push(mintId(committed.id, '0'))
  }
  expect(await database.outbox.count()).toBe(3)
  // But for the queue, which is counted at once.
  expect(heard.flatMap((parts) => Object.keys(parts)).filter((part) => !part.includes('/outbox/'))).toEqual([])
  expect(heard).toHaveLength(3)
  heard.length = 0
  for (const run of waiting) run()
  Dexie.on.storagemutated.unsubscribe(listener)
  expect(heard).toHaveLength(1)
  const sessions = RangeSet(heard[0]![`idb://${database.name}/records/[kind+id]`]!)
  expect(ids.filter((id) => sessions.hasKey(['session', id]))).toHaveLength(3)
  await community.world.close()
})
