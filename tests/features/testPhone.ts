import Dexie from 'dexie'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { createPinia, setActivePinia } from 'pinia'
import { createMemoryHistory, createRouter } from 'vue-router'
import { adoptPhone } from '../../src/db/adoptPhone.ts'
import { Database, type OutboxEntry, type PhoneState } from '../../src/db/database.ts'
import { setHere } from '../../src/db/here.ts'
import type { Seam } from '../../src/db/seam.ts'
import { KINDS, type Body, type KindName } from '../../src/domain/kinds.ts'
import { HandClock, seededRng } from '../harness/world.ts'

/** A real database in this page, as the app opens one, with a server that nobody reaches. */
export interface ScreenPhone {
  database: Database
  clock: HandClock
  communityId: string
  memberId: string
  deviceId: string
  /** How often a screen asked for a sync. */
  asked(): number
  /** Runs what waits for a timer, as if its time had passed. */
  ring(): void
  /** Puts records down as if they had been downloaded. */
  put<K extends KindName>(kind: K, ...bodies: Body<K>[]): Promise<void>
  /** Changes the one entry that has this verb, as an answer would. */
  answer(verb: string, change: Partial<OutboxEntry>): Promise<void>
  set(change: Partial<PhoneState>): Promise<void>
  close(): void
}

// Without a global database Dexie's live queries would silently never fire.
const indexedDB = new IDBFactory()
Dexie.dependencies.indexedDB = indexedDB
Dexie.dependencies.IDBKeyRange = IDBKeyRange

let phones = 0

/** Opens a phone of its own for one test and makes it `here()`. */
export async function openScreenPhone(): Promise<ScreenPhone> {
  setActivePinia(createPinia())
  const rng = seededRng(++phones)
  const clock = new HandClock()
  const who = { communityId: 'community-00000001', memberId: 'member-00000000001', deviceId: 'device-00000000001' }
  let askedTimes = 0
  const timers = new Set<() => void>()
  const seam: Seam = {
    clock,
    rng,
    idb: { indexedDB, IDBKeyRange },
    net: { post: () => Promise.reject(new Error('nobody there')) },
    timer: {
      set(run) {
        timers.add(run)
        return () => timers.delete(run)
      },
    },
    locks: { tryHold: async (_name, run) => (await run(), true) },
    paint: (run) => run(),
    calm: (run) => run(),
    isRestless: () => false,
  }
  const database = new Database(`screen-${phones}`, seam.idb)
  await database.open()
  await adoptPhone(database, { ...who, device: 'active', matchCode: null }, rng)
  await database.phone.update('phone', { complete: true, sweeping: false, syncedAt: clock.now() - 600_000 })
  setHere({ database, seam, ...who, requestSync: () => void askedTimes++ })
  return {
    database,
    clock,
    ...who,
    asked: () => askedTimes,
    ring() {
      const due = [...timers]
      timers.clear()
      for (const run of due) run()
    },
    async put(kind, ...bodies) {
      const scopeOf = KINDS[kind].scopeOf as (body: Body<typeof kind>) => string
      const rows = bodies.map((body) => ({ kind, id: body.id, scope: scopeOf(body), body, generation: 1 }))
      await database.records.bulkPut(rows)
    },
    async answer(verb, change) {
      await database.outbox.filter((entry) => entry.verb === verb).modify(change)
    },
    async set(change) {
      await database.phone.update('phone', change)
    },
    close() {
      database.close()
      setHere(null)
    },
  }
}

/** A router that knows every address and shows nothing, for screens that only link or leave. */
export async function openRouter(path: string) {
  const nothing = { render: () => null }
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:rest(.*)*', component: nothing }],
  })
  await router.push(path)
  return router
}

/** A stairwell of two doors, deterministic. */
export function aStairwell(change: Partial<Body<'stairwell'>> = {}): Body<'stairwell'> {
  const door = (label: string, column: number) => ({
    id: `door-0000000000${label}`,
    label,
    level: 3,
    kind: 'home' as const,
    column,
    state: 'confirmed' as const,
  })
  return {
    id: 'stairwell-00000001',
    estate: '华兴苑',
    building: '3栋',
    stairwell: '2梯',
    floors: [{ level: 3, label: '3' }],
    doors: [door('301', 0), door('302', 1)],
    accessNote: '',
    accessNoteRevision: 0,
    revision: 0,
    ...change,
  }
}

/** The round that is under way. */
export function aRound(change: Partial<Body<'round'>> = {}): Body<'round'> {
  const fresh = { id: 'round-000000000001', number: 1, name: '首轮', startsOn: '2026-11-01', revision: 1 }
  return { ...fresh, state: 'open', ...change }
}
