import { AsyncLocalStorage } from 'node:async_hooks'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { commit } from '../../src/db/commit.ts'
import type { Database } from '../../src/db/database.ts'
import { openPhone } from '../../src/db/openPhone.ts'
import type { Seam } from '../../src/db/seam.ts'
import { mintId } from '../../src/domain/hash.ts'
import type { Args, Verb } from '../../src/domain/verbs.ts'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import type { SyncAnswer } from '../../src/protocol/sync.ts'
import { post } from '../../src/remote/request.ts'
import { Trouble } from '../../src/remote/Trouble.ts'
import { freshPace, synchronize, type Pace } from '../../src/sync/synchronize.ts'
import { seededRng } from '../harness/world.ts'
import type { Oracle } from './Oracle.ts'
import type { Person, Quarter } from './quarter.ts'

/** What a browser adds by itself and Node's fetch does not: the cookie of this phone. */
const wearing = new AsyncLocalStorage<Record<string, string>>()
const plainFetch = globalThis.fetch
globalThis.fetch = (input, init) => {
  const worn = wearing.getStore()
  if (worn === undefined) return plainFetch(input, init)
  return plainFetch(input, { ...init, headers: { ...(init?.headers as object), ...worn } })
}

/** The real engine and the real request code on a phone in Node, over a network that may do anything. */
export class FaultPhone {
  readonly person: Person
  readonly database: Database
  readonly seam: Seam
  readonly #quarter: Quarter
  readonly #oracle: Oracle
  readonly pace: Pace = freshPace()
  /** Where the server is now; `null` while it is nowhere. */
  url: string | null = null
  /** How far this phone's clock is off, ms. */
  skewMs = 0
  /** Asks for answers that whoever listens to the server's system calls can read. */
  plainAnswers = false
  requests = 0
  inFlight = 0
  /** Called when a request leaves. */
  onRequest: () => void = () => {}
  /** Commands of each request that was sent. */
  readonly batches: number[] = []
  #sessionId: string | null = null
  #knocks = 0

  private constructor(person: Person, quarter: Quarter, oracle: Oracle, opened: { database: Database; seam: Seam }) {
    this.person = person
    this.#quarter = quarter
    this.#oracle = oracle
    this.database = opened.database
    this.seam = opened.seam
    this.seam.clock = { now: () => Date.now() + this.skewMs }
    this.seam.net = { post: (path, body) => this.#post(path, body) }
  }

  static async open(person: Person, quarter: Quarter, oracle: Oracle, url: string | null = null): Promise<FaultPhone> {
    const { community, memberId, deviceId, state, matchCode } = person.standing
    const seam: Seam = {
      clock: { now: () => Date.now() },
      rng: seededRng(person.seed),
      idb: { indexedDB: new IDBFactory(), IDBKeyRange },
      net: { post: () => Promise.reject(new Trouble('offline')) },
      paint: (run) => run(),
      calm: (run) => run(),
      isRestless: () => false,
      timer: { set: () => () => {} },
      locks: { tryHold: async (_name, run) => (await run(), true) },
    }
    const who = { communityId: community.id, memberId, deviceId, device: state, matchCode }
    const phone = new FaultPhone(person, quarter, oracle, { database: await openPhone(seam, who), seam })
    phone.url = url
    return phone
  }

  /** Does something on the phone. The oracle remembers what was said to be saved. */
  async commit<V extends Verb>(verb: V, args: Args<V>): Promise<string> {
    const committed = await commit(this.database, this.seam, verb, args)
    if (!committed.saved) throw new Error(`${verb} was not saved: ${committed.code}`)
    this.#oracle.keep(committed.id)
    return committed.id
  }

  /**
   * Knocks on the next doors of this member's stairwells, within one evening; or outside of it, where the answers are to
   * stay small, because what an evening came to is one row.
   */
  async knock(times: number, within: 'evening' | 'nothing' = 'evening'): Promise<void> {
    const { roundId } = this.#quarter
    if (within === 'evening') {
      this.#sessionId ??= mintId(await this.commit('session/start', { roundId, partnerIds: [] }), '0')
    }
    const sessionId = within === 'evening' ? this.#sessionId : null
    for (let left = times; left > 0; left--) {
      const at = this.#knocks++
      const stairwellId = this.person.stairwells[at % this.person.stairwells.length]!
      const label = ['101', '102', '201', '202'][Math.floor(at / this.person.stairwells.length) % 4]!
      const outcome = at % 3 === 0 ? 'notHome' : 'met'
      const where = { stairwellId, roundId, level: Number(label[0]), label }
      await this.commit('visit/record', { ...where, outcome, sessionId })
    }
  }

  /** One sync cycle; trouble is given back, anything else is thrown. */
  async sync(): Promise<Trouble | null> {
    try {
      await synchronize(this.database, this.seam, this.pace, 'faults')
      return null
    } catch (error) {
      if (error instanceof Trouble) return error
      throw error
    }
  }

  /** How many commands still wait for their answer. */
  waiting(): Promise<number> {
    return this.database.outbox.where('state').equals('pending').count()
  }

  /** Syncs until nothing waits. @throws Error when that does not come true in `cycles` */
  async drain(cycles = 50): Promise<void> {
    let last: Trouble | null = null
    for (let cycle = 0; cycle < cycles; cycle++) {
      last = await this.sync()
      if (last === null && (await this.waiting()) === 0) return
    }
    throw new Error(`${await this.waiting()} still wait after ${cycles} cycles: ${String(last)}`)
  }

  /** Everything that the phone holds, as text. */
  async dump(): Promise<string> {
    const tables = await Promise.all(this.database.tables.map((table) => table.toArray()))
    return JSON.stringify(tables)
  }

  close(): void {
    this.database.close()
  }

  async #post(path: string, body: string): Promise<NetAnswer> {
    const { url } = this
    if (url === null) throw new Trouble('offline')
    this.requests++
    this.batches.push((JSON.parse(body) as { commands: unknown[] }).commands.length)
    this.inFlight++
    this.onRequest()
    try {
      const answer = await wearing.run(this.#worn(), () => post(`${url}${path}`, body))
      if (answer.status === 200) this.#oracle.hear((answer.body as Partial<SyncAnswer> | null)?.answers ?? [])
      return answer
    } finally {
      this.inFlight--
    }
  }

  #worn(): Record<string, string> {
    const cookie = `qiaomen=${this.person.cookie}`
    return this.plainAnswers ? { cookie, 'accept-encoding': 'identity' } : { cookie }
  }
}
