import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { countCarried, listCarried, takeAlong } from '../../src/db/carried.ts'
import { readPhone } from '../../src/db/database.ts'
import { exportUnsent } from '../../src/db/exportUnsent.ts'
import type { Hold } from '../../src/domain/records/hold.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import { readHandover } from '../../src/protocol/handover.ts'
import { problemBody } from '../../src/protocol/problem.ts'
import { readCommands, readLane, readRange } from '../../sync-server/storage/records.ts'
import { answer, type TestPhone } from '../harness/world.ts'
import { createCommunity, rowsOf, type Community } from './community.ts'

let place: Community
afterEach(() => place.world.close())

/** No signal for this phone until `online` gives it back. */
function goOffline(phone: TestPhone): void {
  phone.seam.net = { post: () => Promise.reject(new Error('no signal')) }
}
function goOnline(phone: TestPhone): void {
  phone.seam.net = { post: (_path, body) => answer(place.world.server, phone.cookie, body) }
}

/** The answer is lost on its way back, after the server has committed. */
async function syncUnheard(phone: TestPhone): Promise<void> {
  phone.seam.net = {
    post: async (_path, body) => {
      await answer(place.world.server, phone.cookie, body)
      throw new Error('lost')
    },
  }
  await expect(phone.sync()).rejects.toThrow('lost')
}

async function undo(phone: TestPhone, visitId: string): Promise<void> {
  const row = await phone.database.records.where('[kind+id]').equals(['visit', visitId]).first()
  const { stairwellId, doorId } = row!.body as Visit
  expect(await phone.commit('visit/void', { visitId, stairwellId, doorId })).toMatchObject({ saved: true })
}

/** A teammate gives the file to this phone. */
const take = (phone: TestPhone, file: string) => takeAlong(phone.database, file, place.world.clock.now())

async function exportOf(phone: TestPhone): Promise<string> {
  const exported = await exportUnsent(phone.database, phone.seam)
  if (!exported.ok) throw new Error(exported.why)
  return exported.text
}

const visitsOnServer = async (stairwellId: string): Promise<Visit[]> => {
  const rows = await readRange(place.world.server.storage.db, place.world.community, `s:${stairwellId}`, 'visit', 500)
  return rows.map((row) => JSON.parse(row.body) as Visit)
}

async function begin(seed = 1) {
  place = await createCommunity(seed)
  const recorder = await place.member(place.teams[0], '陈姐')
  const carrier = await place.member(place.teams[0], '阿明')
  const leader = await place.leader(place.teams[0])
  return { recorder, carrier, leader, home: place.stairwells[0] }
}

test('[SYNC-13] three doors go by a teammate’s phone: once, under the name of whoever knocked', async () => {
  const { recorder, carrier, leader, home } = await begin()
  goOffline(recorder)
  const ids: string[] = []
  for (const label of ['101', '102', '201']) ids.push((await place.knock(recorder, home, label)).commandId)
  const when = (await recorder.database.outbox.toArray()).map((entry) => entry.claimedAt)
  const file = await exportOf(recorder)
  for (const secret of ['101', 'visit/record', ids[0]!, recorder.cookie]) expect(file).not.toContain(secret)
  const { handoverKey } = await readPhone(recorder.database)
  expect(file).not.toContain(handoverKey!)

  goOffline(carrier)
  expect(await take(carrier, file)).toMatchObject({ ok: true, again: false })
  expect(await countCarried(carrier.database)).toBe(3)
  goOnline(carrier)
  await carrier.sync()
  expect(await countCarried(carrier.database)).toBe(0)
  expect(await listCarried(carrier.database)).toMatchObject([{ state: 'delivered', applied: 3, held: 0, refused: 0 }])

  const visits = await visitsOnServer(home)
  expect(visits.map((visit) => visit.label).sort()).toEqual(['101', '102', '201'])
  expect(new Set(visits.map((visit) => visit.recordedBy))).toEqual(new Set([recorder.standing.memberId]))
  expect(visits.map((visit) => visit.visitedAt).sort()).toEqual(when)
  const { db } = place.world.server.storage
  const stored = await readCommands(db, place.world.community, ids)
  for (const row of stored) {
    const { memberId: member, deviceId: device } = recorder.standing
    expect(row).toMatchObject({ member, device, carrier: carrier.standing.deviceId })
  }
  // The lane is the recorder's own: nothing of it was taken by what somebody else brought.
  const { incarnation } = await readPhone(recorder.database)
  expect(await readLane(db, place.world.community, recorder.standing.deviceId, incarnation)).toBeNull()
  await leader.sync()
  expect(await rowsOf(leader, 'visit')).toHaveProperty('size', 3)
  const before = await leader.database.facades.toArray()

  // The recorder comes home, records one more, and everything is answered: three again, one new.
  await place.knock(recorder, home, '202')
  goOnline(recorder)
  await recorder.sync()
  expect(await recorder.database.outbox.count()).toBe(0)
  expect(await recorder.database.shadow.count()).toBe(0)
  expect((await readPhone(recorder.database)).alarm).toBeNull()
  expect(await readLane(db, place.world.community, recorder.standing.deviceId, incarnation)).toBe(4)
  expect(await visitsOnServer(home)).toHaveLength(4)
  await leader.sync()
  const after = await leader.database.facades.toArray()
  expect(Object.keys(after[0]!.doors).length).toBe(Object.keys(before[0]!.doors).length + 1)
  expect(after).toEqual(await recorder.database.facades.toArray())
})

test('[SYNC-13] the same file twice, on two phones, and with a lost answer: once', async () => {
  const { recorder, carrier, leader, home } = await begin()
  goOffline(recorder)
  for (const label of ['101', '102']) await place.knock(recorder, home, label)
  const file = await exportOf(recorder)
  await take(carrier, file)
  expect(await take(carrier, file)).toMatchObject({ ok: true, again: true })
  expect(await countCarried(carrier.database)).toBe(2)
  await take(leader, file)
  await leader.sync()
  await take(place.officer, file)
  // Another file of the same work, made later, is only more of the same.
  await take(place.officer, await exportOf(recorder))
  await place.officer.sync()
  const lose = carrier.seam.net.post
  let lost = 0
  carrier.seam.net = {
    post: async (path, body) => {
      const said = await lose(path, body)
      if (!body.includes('"carried"') || lost > 0) return said
      lost++
      throw new Error('lost')
    },
  }
  await expect(carrier.sync()).rejects.toThrow('lost')
  expect(await countCarried(carrier.database)).toBe(2)
  await carrier.sync()
  expect(await countCarried(carrier.database)).toBe(0)
  expect(await take(carrier, file)).toMatchObject({ again: true, file: { state: 'delivered' } })
  expect(await visitsOnServer(home)).toHaveLength(2)
})

test('[SYNC-13] what the rules refuse on the way is left to its recorder, whose own sync decides', async () => {
  const { recorder, carrier, home } = await begin()
  goOffline(recorder)
  const first = await place.knock(recorder, home, '101')
  await undo(recorder, first.visitId)
  // A file in which the visit is missing and only what takes it back is there.
  const [visit] = await recorder.database.outbox.toArray()
  await recorder.database.outbox.delete(visit!.seq!)
  const partial = await exportOf(recorder)
  await recorder.database.outbox.put(visit!)
  await take(carrier, partial)
  await carrier.sync()
  expect(await listCarried(carrier.database)).toMatchObject([{ state: 'delivered', applied: 0, refused: 1 }])
  goOnline(recorder)
  await recorder.sync()
  expect(await recorder.database.outbox.count()).toBe(0)
  expect(await rowsOf(recorder, 'visitVoid')).toHaveProperty('size', 1)
  // The same file again is brought again, and is now a repeat.
  await take(carrier, partial)
  await carrier.sync()
  expect(await listCarried(carrier.database)).toMatchObject([{ state: 'delivered', applied: 1, refused: 0 }])
})

test('[SYNC-5] late but true holds for what is brought along, and the recorder hears of it', async () => {
  const { recorder, carrier, leader } = await begin()
  goOffline(recorder)
  await place.knock(recorder, place.stairwells[1], '101')
  await take(carrier, await exportOf(recorder))
  await carrier.sync()
  expect(await listCarried(carrier.database)).toMatchObject([{ state: 'delivered', held: 1 }])
  expect(await visitsOnServer(place.stairwells[1])).toHaveLength(0)
  await place.officer.sync()
  const [hold] = [...(await rowsOf(place.officer, 'hold')).values()] as unknown as Hold[]
  expect(hold).toMatchObject({ memberId: recorder.standing.memberId, state: 'waiting' })
  const { id: holdId, teamId } = hold!
  expect(await place.officer.commit('hold/settle', { holdId, teamId, counts: true })).toMatchObject({ saved: true })
  await place.officer.sync()
  expect(await visitsOnServer(place.stairwells[1])).toHaveLength(1)
  goOnline(recorder)
  await recorder.sync()
  expect(await recorder.database.outbox.count()).toBe(0)
  await leader.sync()
})

test('[SYNC-13] held and refused things travel with the rest and change nothing on the server', async () => {
  const { recorder, carrier, home } = await begin()
  await place.knock(recorder, place.stairwells[1], '101')
  const note = (text: string, phone: TestPhone) =>
    phone.commit('stairwell/access-note', { stairwellId: home, baseRevision: 0, note: text })
  await note('门口登记', carrier)
  await carrier.sync()
  await note('按门铃', recorder)
  await recorder.sync()
  const states = (await recorder.database.outbox.toArray()).map((entry) => entry.state)
  expect(states).toEqual(['held', 'refused'])
  const file = await exportOf(recorder)
  expect(readHandover(file)).toMatchObject({ header: { waiting: 0, held: 1, refused: 1 } })
  await take(carrier, file)
  await carrier.sync()
  expect(await listCarried(carrier.database)).toMatchObject([{ state: 'delivered', applied: 0, held: 1, refused: 1 }])
  expect((await rowsOf(carrier, 'stairwell')).get(home)).toMatchObject({ accessNote: '门口登记' })
})

test('[SYNC-13] what was refused on the recorder’s phone alone is not asked behind its author’s back', async () => {
  const { recorder, carrier, home } = await begin()
  goOffline(recorder)
  await place.knock(recorder, home, '101')
  await recorder.database.outbox.toCollection().modify({ state: 'refused', code: 'too_long' })
  await take(carrier, await exportOf(recorder))
  await carrier.sync()
  expect(await listCarried(carrier.database)).toMatchObject([{ state: 'delivered', applied: 0, refused: 1 }])
  expect(await visitsOnServer(home)).toHaveLength(0)
})

test('[SYNC-13] a phone of before a restore brings everything again to the other history', async () => {
  const { recorder, carrier, home } = await begin()
  goOffline(recorder)
  await place.knock(recorder, home, '101')
  await take(carrier, await exportOf(recorder))
  await carrier.sync()
  const brought = { times: 0 }
  const through = carrier.seam.net.post
  carrier.seam.net = {
    post: (path, body) => {
      if (body.includes('"carried"')) brought.times++
      return through(path, body)
    },
  }
  await carrier.sync()
  expect(brought.times).toBe(0)
  await carrier.database.carried.toCollection().modify({ epoch: 'another-history' })
  await carrier.sync()
  expect(brought.times).toBe(1)
  expect(await listCarried(carrier.database)).toMatchObject([{ state: 'delivered', applied: 1 }])
  expect(await visitsOnServer(home)).toHaveLength(1)
})

test('a phone that never synced has no key, and an empty queue makes no file', async () => {
  const { recorder, home } = await begin()
  expect(await exportUnsent(recorder.database, recorder.seam)).toEqual({ ok: false, why: 'nothing' })
  await place.knock(recorder, home, '101')
  await recorder.database.phone
    .where('key')
    .equals('phone')
    .modify((row) => void delete row.handoverKey)
  expect(await exportUnsent(recorder.database, recorder.seam)).toEqual({ ok: false, why: 'noKey' })
})

test('[SYNC-13] a thousand doors make several parts, delivered in their order over a line that breaks', async () => {
  const { recorder, carrier, home } = await begin()
  goOffline(recorder)
  const [sample] = await (async () => {
    await place.knock(recorder, home, '101')
    return recorder.database.outbox.toArray()
  })()
  const { seq: _seq, ...rest } = sample!
  const many = Array.from({ length: 1_100 }, (_unused, index) => {
    return { ...rest, id: `many-${String(index).padStart(12, '0')}`, n: index + 2, changes: [], reads: [] }
  })
  await recorder.database.outbox.bulkAdd(many)
  const file = await exportOf(recorder)
  expect(readHandover(file)).toMatchObject({ header: { waiting: 1_101, parts: 3 } })
  await take(carrier, file)
  const through = carrier.seam.net.post
  const order: number[] = []
  let calls = 0
  carrier.seam.net = {
    post: async (path, body) => {
      const { carried } = JSON.parse(body) as { carried?: { index: number } }
      if (!carried) return through(path, body)
      order.push(carried.index)
      if (++calls % 2 === 1) throw new Error('the line broke')
      return through(path, body)
    },
  }
  for (let round = 0; round < 4; round++) await carrier.sync().catch(() => undefined)
  expect(order).toEqual([0, 0, 1, 1, 2, 2])
  expect(await listCarried(carrier.database)).toMatchObject([{ state: 'delivered', applied: 1_101 }])
  expect(await visitsOnServer(home).then((visits) => visits.length)).toBe(500)
})

test.each([
  ['a server of before', 'bad_request', 'waiting', true],
  ['another history', 'epoch_changed', 'waiting', true],
  ['a part that is too large for this server', 'too_large', 'refused', true],
  ['a server that cannot write', 'storage_unavailable', 'waiting', false],
] as const)('%s: the file stays, and so does everything of this phone’s own', async (_story, code, state, ends) => {
  const { recorder, carrier, home } = await begin()
  goOffline(recorder)
  await place.knock(recorder, home, '101')
  await take(carrier, await exportOf(recorder))
  await place.knock(carrier, home, '102')
  const through = carrier.seam.net.post
  carrier.seam.net = {
    post: async (path, body) => {
      const { status } = problemBody(code)
      return body.includes('"carried"') ? { status, body: problemBody(code), retryAfterMs: null } : through(path, body)
    },
  }
  if (ends) expect(await carrier.sync()).toBe('synced')
  else await expect(carrier.sync()).rejects.toMatchObject({ code })
  expect(await listCarried(carrier.database)).toMatchObject([{ state, applied: 0 }])
  expect(await carrier.database.outbox.count()).toBe(0)
  goOnline(carrier)
  await carrier.sync()
  expect(await visitsOnServer(home)).toHaveLength(state === 'refused' ? 1 : 2)
})

/** What may happen to a recorder's phone and to the files it makes, in any order. */
type Step =
  'knock' | 'undo' | 'export' | 'carry' | 'syncRecorder' | 'unheardRecorder' | 'syncCarrier' | 'unheardCarrier'
const STEPS: readonly Step[] = [
  'knock',
  'undo',
  'export',
  'carry',
  'syncRecorder',
  'unheardRecorder',
  'syncCarrier',
  'unheardCarrier',
]

test('[SYNC-13] recorder and carrier deliver in every order: each id once, nothing doubled, nothing stuck', async () => {
  let seed = 100
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 4, maxLength: 24 }), async (steps) => {
      const { recorder, carrier, leader, home } = await begin(seed++)
      const files: string[] = []
      const done: { commandId: string; visitId: string }[] = []
      const undone = new Set<string>()
      const labels = ['101', '102', '201', '202']
      const run: Record<Step, () => Promise<unknown>> = {
        knock: async () => done.push(await place.knock(recorder, home, labels[done.length % 4]!)),
        undo: async () => {
          const last = done.at(-1)
          if (!last || undone.has(last.visitId)) return
          undone.add(last.visitId)
          await undo(recorder, last.visitId)
        },
        export: async () => {
          const exported = await exportUnsent(recorder.database, recorder.seam)
          if (exported.ok) files.push(exported.text)
        },
        carry: async () => {
          for (const file of files) await take(carrier, file)
        },
        syncRecorder: () => (goOnline(recorder), recorder.sync()),
        unheardRecorder: () => syncUnheard(recorder),
        syncCarrier: () => (goOnline(carrier), carrier.sync()),
        unheardCarrier: () => syncUnheard(carrier),
      }
      try {
        for (const step of ['knock', ...steps] as Step[]) await run[step]()
        await run.carry()
        for (const phone of [carrier, recorder, carrier, leader]) {
          goOnline(phone)
          await phone.sync()
        }
        const visits = await visitsOnServer(home)
        expect(visits.map(({ id }) => id).sort()).toEqual(done.map(({ visitId }) => visitId).sort())
        expect(new Set(visits.map((visit) => visit.recordedBy))).toEqual(new Set([recorder.standing.memberId]))
        const { db } = place.world.server.storage
        const ids = done.map(({ commandId }) => commandId)
        expect(await readCommands(db, place.world.community, ids)).toHaveLength(ids.length)
        expect(await rowsOf(leader, 'visitVoid')).toHaveProperty('size', undone.size)
        for (const phone of [recorder, carrier]) {
          expect(await phone.database.outbox.count()).toBe(0)
          expect(await phone.database.shadow.count()).toBe(0)
          expect((await readPhone(phone.database)).alarm).toBeNull()
          expect(await countCarried(phone.database)).toBe(0)
        }
        const facades = await leader.database.facades.toArray()
        expect(await recorder.database.facades.toArray()).toEqual(facades)
      } finally {
        await place.world.close()
      }
    }),
    { numRuns: 40 },
  )
  // Whoever closes the world after the test finds an open one.
  await begin()
})
