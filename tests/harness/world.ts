import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { commit, type Committed } from '../../src/db/commit.ts'
import { newId, type Database } from '../../src/db/database.ts'
import { openPhone } from '../../src/db/openPhone.ts'
import type { Seam } from '../../src/db/seam.ts'
import type { Role } from '../../src/domain/records/member.ts'
import type { Args, Verb } from '../../src/domain/verbs.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import { freshPace, synchronize, type CycleEnd } from '../../src/sync/synchronize.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { HttpProblem } from '../../sync-server/HttpProblem.ts'
import { enter } from '../../sync-server/identity/enrol.ts'
import { principalOf } from '../../sync-server/identity/principal.ts'
import { sync } from '../../sync-server/routes/sync.ts'
import { firstCommunity, makeEntryLink } from '../../sync-server/start.ts'
import { openStorage, type Storage } from '../../sync-server/storage/openStorage.ts'

/** A small deterministic generator (mulberry32); the same seed gives the same ids and the same choices. */
export function seededRng(seed: number): Seam['rng'] {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)) }
}

/** A clock that only moves when it is told to. It begins at eight in the evening in Guangzhou. */
export class HandClock {
  ms: number
  constructor(ms = Date.UTC(2026, 10, 21, 12, 0, 0)) {
    this.ms = ms
  }
  now(): number {
    return this.ms
  }
  tick(ms: number): void {
    this.ms += ms
  }
}

/** The real engine on a phone in Node. */
export interface TestPhone {
  database: Database
  seam: Seam
  standing: Standing
  cookie: string
  commit<V extends Verb>(verb: V, args: Args<V>): Promise<Committed>
  sync(): Promise<CycleEnd>
  close(): void
}

/** The real server module with its storage, and phones that talk to it without a socket. */
export interface World {
  server: ServerContext
  clock: HandClock
  community: string
  /** Lets a person in by a one-time link of the operator. */
  phone(who: { role: Role; member?: string; team?: string | null; name?: string }): Promise<TestPhone>
  /** Opens a phone with what an enrolment gave it: a new one, or `on` one whose databases are there already. */
  open(enrolled: { standing: Standing; cookie: string }, on?: TestPhone): Promise<TestPhone>
  newId(): string
  close(): Promise<void>
}

/** Answers one request as the HTTP server would, problems included. */
export async function answer(server: ServerContext, cookie: string, json: string): Promise<NetAnswer> {
  try {
    const principal = await principalOf(server, cookie)
    const body = await sync(server, principal, JSON.parse(json))
    return { status: 200, body: JSON.parse(JSON.stringify(body)) as unknown, retryAfterMs: null }
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error
    return { status: error.status, body: error.body, retryAfterMs: null }
  }
}

export async function createWorld(options: { seed?: number; storage?: Storage } = {}): Promise<World> {
  const rng = seededRng(options.seed ?? 1)
  const clock = new HandClock()
  const folder = mkdtempSync(join(tmpdir(), 'qiaomen-'))
  const storage = options.storage ?? (await openStorage({ dataDir: folder }))
  const faults: unknown[] = []
  const onFault = (error: unknown) => void faults.push(error)
  const pokes = new EventEmitter().setMaxListeners(0)
  const server: ServerContext = { storage, clock, rng, secret: 'secret', pokes, onFault }
  const community = await firstCommunity(server)
  const phones: TestPhone[] = []

  const open: World['open'] = async ({ standing, cookie }, on) => {
    const seam: Seam = {
      clock,
      rng,
      idb: on?.seam.idb ?? { indexedDB: new IDBFactory(), IDBKeyRange },
      net: { post: (_path, body) => answer(server, cookie, body) },
      timer: { set: () => () => {} },
      locks: { tryHold: async (_name, run) => (await run(), true) },
      paint: (run) => run(),
      calm: (run) => run(),
      isRestless: () => false,
    }
    const { community: place, memberId, deviceId, state, matchCode } = standing
    const who = { communityId: place.id, memberId, deviceId, device: state, matchCode }
    const database = await openPhone(seam, who)
    const pace = freshPace()
    const phone: TestPhone = {
      database,
      seam,
      standing,
      cookie,
      commit: (verb, args) => commit(database, seam, verb, args),
      sync: () => synchronize(database, seam, pace, 'test'),
      close: () => database.close(),
    }
    phones.push(phone)
    return phone
  }

  return {
    server,
    clock,
    community,
    open,
    newId: () => newId(rng),
    async phone(who) {
      const link = await makeEntryLink(server, community, {
        role: who.role,
        member: who.member ?? null,
        team: who.team ?? null,
      })
      const name = who.name ?? who.role
      return open(await enter(server, { secret: link, name, community: '石榴桥社区', deviceName: '测试机' }))
    },
    async close() {
      for (const phone of phones) phone.close()
      await storage.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
