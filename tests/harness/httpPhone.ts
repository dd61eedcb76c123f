import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { randomBytes } from 'node:crypto'
import { commit, type Committed } from '../../src/db/commit.ts'
import type { Database } from '../../src/db/database.ts'
import { openPhone } from '../../src/db/openPhone.ts'
import type { Seam } from '../../src/db/seam.ts'
import type { Args, Verb } from '../../src/domain/verbs.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import { freshPace, synchronize, type CycleEnd } from '../../src/sync/synchronize.ts'

/** The real engine on a phone in Node that reaches its server over a real socket. */
export interface HttpPhone {
  database: Database
  standing: Standing
  cookie: string
  commit<V extends Verb>(verb: V, args: Args<V>): Promise<Committed>
  /** Commits, or fails the test. @returns the command's id */
  save<V extends Verb>(verb: V, args: Args<V>): Promise<string>
  sync(): Promise<CycleEnd>
  close(): void
}

const HEADERS = { 'content-type': 'application/json', 'x-qiaomen': '1', 'sec-fetch-site': 'same-origin' }

/** Uses a one-time link (`/api/enter`) or an invitation (`/api/enrol`) up. @throws with the problem when it is refused */
export async function admit(
  url: string,
  path: '/api/enter' | '/api/enrol',
  body: unknown,
): Promise<{ standing: Standing; cookie: string }> {
  const response = await fetch(url + path, { method: 'POST', headers: HEADERS, body: JSON.stringify(body) })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const cookie = /qiaomen=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? ''
  return { standing: (await response.json()) as Standing, cookie }
}

/**
 * Opens a phone with what an enrolment gave it.
 *
 * @param where says where its server is now; it may move
 */
export async function openHttpPhone(
  where: () => string,
  { standing, cookie }: { standing: Standing; cookie: string },
): Promise<HttpPhone> {
  const seam: Seam = {
    clock: { now: () => Date.now() },
    rng: { next: Math.random, bytes: (length) => new Uint8Array(randomBytes(length)) },
    idb: { indexedDB: new IDBFactory(), IDBKeyRange },
    net: {
      async post(path, body) {
        const headers = { ...HEADERS, cookie: `qiaomen=${cookie}` }
        const response = await fetch(where() + path, { method: 'POST', headers, body })
        return { status: response.status, body: (await response.json()) as unknown, retryAfterMs: null }
      },
    },
    paint: (run) => run(),
    calm: (run) => run(),
    isRestless: () => false,
    timer: { set: () => () => {} },
    locks: { tryHold: async (_name, run) => (await run(), true) },
  }
  const { community, memberId, deviceId, state, matchCode } = standing
  const database = await openPhone(seam, { communityId: community.id, memberId, deviceId, device: state, matchCode })
  const pace = freshPace()
  return {
    database,
    standing,
    cookie,
    commit: (verb, args) => commit(database, seam, verb, args),
    async save(verb, args) {
      const committed = await commit(database, seam, verb, args)
      if (!committed.saved) throw new Error(`${verb}: ${committed.code}`)
      return committed.id
    },
    sync: () => synchronize(database, seam, pace, 'test'),
    close: () => database.close(),
  }
}
