import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { commit, type Committed } from '../../src/db/commit.ts'
import { Database, databaseName, type OutboxEntry, type PhoneState, type SentEntry } from '../../src/db/database.ts'
import { openPhone } from '../../src/db/openPhone.ts'
import type { Seam } from '../../src/db/seam.ts'
import type { Facade } from '../../src/domain/coverage/facade.ts'
import type { Args, Verb } from '../../src/domain/verbs.ts'
import { Trouble } from '../../src/remote/Trouble.ts'
import { freshPace, synchronize } from '../../src/sync/synchronize.ts'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import { START_MS } from './ground.ts'
import type { Scheduler } from './Scheduler.ts'
import { SimNet, type NetFaults } from './SimNet.ts'
import type { SimServer } from './SimServer.ts'
import type { Person } from './template.ts'

/** A command that a phone said it had saved. */
export interface Saved {
  id: string
  verb: Verb
  args: unknown
  claimedAt: number
  /** A power cut took it off this phone; the server may know it all the same. */
  torn: boolean
}

/** Everything a phone holds, at one moment. */
export interface Contents {
  state: PhoneState
  records: { kind: string; id: string; scope: string; body: { id: string }; generation: number }[]
  facades: Facade[]
  outbox: OutboxEntry[]
  shadow: { kind: string; id: string }[]
  sent: SentEntry[]
}

/** A window of the app: a connection of its own to the database that all tabs of a phone share. */
interface Tab {
  database: Database
  seam: Seam
  alive: boolean
}

/** How many states of its disk a phone remembers, for a power cut to fall back to. */
const MOST_IMAGES = 60

/** One phone: the real engine over an IndexedDB in memory, and everything that can befall it. */
export class SimPhone {
  readonly name: string
  #person: Person
  readonly #scheduler: Scheduler
  readonly #server: SimServer
  readonly #rng: Seam['rng']
  readonly #violate: (what: string) => void
  #idb = { indexedDB: new IDBFactory(), IDBKeyRange }
  #life = 0
  #images: { contents: Contents; at: number }[] = []
  #tabs: Tab[] = []
  readonly #net: SimNet
  /** How far this phone's clock is off, ms. */
  skewMs = 0
  readonly saved: Saved[] = []
  cycles = 0
  powerCuts = 0
  crashes = 0
  /** How much was saved when a power cut took acknowledged numbers away: the next command must be noticed (SYNC-2). */
  fellBackAt: number | null = null
  /** The server said that it does not know this enrolment, as after a restore: only another one helps. */
  turnedAway = false
  enrolments = 1
  /** Where its cursor stood at the last look. */
  stood: { generation: number; membership: number; clock: number } | null = null
  /** Whether anything may have changed here since the last look. */
  changed = true
  /** Own visits that were seen here at the last look. */
  visible: ReadonlySet<string> = new Set()

  constructor(
    person: Person,
    scheduler: Scheduler,
    server: SimServer,
    rng: Seam['rng'],
    faults: NetFaults,
    violate: (what: string) => void,
  ) {
    this.name = person.name
    this.#person = person
    this.#scheduler = scheduler
    this.#server = server
    this.#rng = rng
    this.#net = new SimNet(person.name, scheduler, server, rng, faults)
    this.#violate = violate
  }

  get memberId(): string {
    return this.#person.standing.memberId
  }

  get deviceId(): string {
    return this.#person.standing.deviceId
  }

  set faults(faults: NetFaults) {
    this.#net.faults = faults
  }

  get alive(): boolean {
    return this.#tabs.length > 0
  }

  get database(): Database | null {
    return this.#tabs[0]?.database ?? null
  }

  get seam(): Seam | null {
    return this.#tabs[0]?.seam ?? null
  }

  get tabs(): number {
    return this.#tabs.length
  }

  /** Opens the database as the app does at its start. */
  async open(): Promise<void> {
    const life = ++this.#life
    const tab = await this.#openTab()
    // A crash, or another start, came in between.
    if (life !== this.#life) return tab.database.close()
    this.#tabs = [tab]
    this.changed = true
  }

  /** A second tab of the same app: it reads, writes and syncs as if it were alone. */
  async openAnotherTab(): Promise<void> {
    const life = this.#life
    const tab = await this.#openTab()
    if (life !== this.#life || this.#tabs.length !== 1) return tab.database.close()
    this.#tabs.push(tab)
    this.#scheduler.note(`${this.name} another tab`)
  }

  /** One tab dies in the middle of whatever it does; the other goes on. */
  closeTab(): void {
    const [tab] = this.#tabs.splice(Math.floor(this.#rng.next() * this.#tabs.length), 1)
    if (!tab) return
    this.#scheduler.note(`${this.name} a tab closes`)
    this.#kill(tab)
    this.changed = true
  }

  #someTab(): Tab | undefined {
    return this.#tabs.length > 1 ? this.#tabs[Math.floor(this.#rng.next() * this.#tabs.length)] : this.#tabs[0]
  }

  /** Nothing that a tab had under way goes on, and what it had not committed is rolled back. */
  #kill(tab: Tab): void {
    tab.alive = false
    const raw = (this.#idb.indexedDB as unknown as RawFactory)._databases.get(tab.database.name)
    const own = tab.database.backendDB()
    for (const transaction of raw?.transactions ?? []) {
      if (transaction.db !== own) continue
      if (transaction._state === 'active' || transaction._state === 'inactive') transaction.abort()
    }
    tab.database.close()
  }

  async #openTab(): Promise<Tab> {
    const tab = { alive: true } as Tab
    tab.seam = {
      clock: { now: () => START_MS + Math.floor(this.#scheduler.now) + this.skewMs },
      rng: this.#rng,
      idb: this.#idb,
      net: { post: (_path, body) => this.#post(tab, body) },
      timer: { set: (run, delayMs) => this.#scheduler.at(delayMs, run) },
      locks: { tryHold: async (_name, run) => (await run(), true) },
      paint: (run) => run(),
    }
    const { community, memberId, deviceId, state, matchCode } = this.#person.standing
    const who = { communityId: community.id, memberId, deviceId, device: state, matchCode }
    tab.database = await openPhone(tab.seam, who)
    return tab
  }

  /** The process is gone: nothing that was under way goes on, and what was not committed is rolled back. */
  crash(): void {
    this.#life++
    this.crashes++
    this.#scheduler.note(`${this.name} crash`)
    for (const tab of this.#tabs) this.#kill(tab)
    this.#tabs = []
  }

  /** The log of what was committed here, one image after each step; rows are shared, because IndexedDB never changes one. */
  remember(): void {
    const contents = this.peek()
    if (!contents) return
    this.#images.push({ contents, at: this.saved.length })
    if (this.#images.length > MOST_IMAGES) this.#images.shift()
  }

  /** A dead battery: the phone comes up with an older image of its database, mostly a recent one. */
  async cutPower(): Promise<void> {
    const back = Math.floor((1 - this.#rng.next()) ** (-1 / 0.7))
    const index = Math.max(0, this.#images.length - back)
    const image = this.#images[index]
    if (!image) return
    const before = await this.contents()
    this.crash()
    this.powerCuts++
    this.visible = new Set()
    this.stood = null
    this.#scheduler.note(`${this.name} power cut`)
    const { contents } = image
    const { communityId, memberId } = contents.state
    this.#idb = { indexedDB: new IDBFactory(), IDBKeyRange }
    const database = new Database(databaseName(communityId, memberId), this.#idb)
    await database.open()
    await database.records.bulkPut(contents.records)
    await database.facades.bulkPut(contents.facades)
    await database.outbox.bulkPut(contents.outbox)
    await database.shadow.bulkPut(contents.shadow as never)
    await database.sent.bulkPut(contents.sent)
    await database.phone.put(contents.state)
    database.close()
    const kept = new Set([...contents.outbox, ...contents.sent].map((entry) => entry.id))
    for (const saved of this.saved) if (!kept.has(saved.id)) saved.torn = true
    this.#images.length = index + 1
    if (!before || before.state.incarnation !== contents.state.incarnation) return
    const acknowledged = before.outbox.filter((entry) => entry.state !== 'pending').map((entry) => entry.n)
    if (Math.max(0, ...acknowledged) >= contents.state.nextN) this.fellBackAt = this.saved.length
  }

  /**
   * Another enrolment of the same member onto the same database, as after a lost cookie or a lost history: what is
   * unsent goes out under it.
   */
  async enrolAgain(how: 'link' | 'invitation', revokes: boolean): Promise<void> {
    if (this.alive) this.crash()
    const enrolled = await this.#server.enrolAgain(this.#person.standing, how, revokes)
    if (enrolled) {
      if (this.#rng.next() < 0.5) this.#net.sendLastAgain(10 * 60_000)
      this.#person = { name: this.name, ...enrolled }
      this.enrolments++
      this.turnedAway = false
      this.#scheduler.note(`${this.name} enrols again by ${how}`)
    }
    await this.open()
  }

  async commit<V extends Verb>(verb: V, args: Args<V>): Promise<Committed | null> {
    const tab = this.#someTab()
    if (!tab) return null
    const { database, seam } = tab
    const claimedAt = seam.clock.now()
    try {
      this.changed = true
      const committed = await commit(database, seam, verb, args)
      // A process that has died says nothing any more; what it stored, it stored.
      if (!tab.alive) return null
      this.#scheduler.note(`${this.name} ${verb} ${committed.saved ? committed.id : committed.code}`)
      if (committed.saved) this.saved.push({ id: committed.id, verb, args, claimedAt, torn: false })
      return committed
    } catch (error) {
      if (tab.alive) this.#violate(`${this.name}: commit threw ${String((error as Error).stack ?? error)}`)
      return null
    }
  }

  #post(tab: Tab, body: string): Promise<NetAnswer> {
    const { cookie } = this.#person
    return this.#net.post(cookie, body, {
      isAlive: () => tab.alive,
      answered: (answer) => {
        if (answer?.status === 401 && cookie === this.#person.cookie) this.turnedAway = true
      },
      heard: () => (this.changed = true),
    })
  }

  /** One sync cycle, as another tab might run it at the same time. */
  async sync(): Promise<string> {
    const tab = this.#someTab()
    if (!tab) return 'closed'
    const { database, seam } = tab
    this.cycles++
    try {
      const end = await synchronize(database, seam, freshPace(), 'simulation')
      if (tab.alive) this.#scheduler.note(`${this.name} cycle ${end}`)
      return end
    } catch (error) {
      if (!tab.alive) return 'died'
      if (!(error instanceof Trouble)) {
        this.#violate(`${this.name}: cycle threw ${String((error as Error).stack ?? error)}`)
      }
      this.#scheduler.note(`${this.name} cycle ${String(error)}`)
      return 'trouble'
    } finally {
      this.cycles--
    }
  }

  /**
   * What the phone holds, read past IndexedDB and without copies: only to look at, and only while nothing is under way.
   */
  peek(): Contents | null {
    const { database } = this
    const raw = database && (this.#idb.indexedDB as unknown as RawFactory)._databases.get(database.name)
    if (!raw) return null
    const all = <T>(store: string): T[] =>
      [...raw.rawObjectStores.get(store)!.records.values()].map((record) => record.value as T)
    const [state] = all<PhoneState>('phone')
    if (!state) return null
    const rest = { outbox: all<OutboxEntry>('outbox'), sent: all<SentEntry>('sent') }
    return { state, ...rest, records: all('records'), facades: all('facades'), shadow: all('shadow') }
  }

  /** What the phone holds, in one transaction; `null` while it is off. */
  async contents(): Promise<Contents | null> {
    const { database } = this
    if (!database) return null
    const { records, facades, outbox, shadow, sent, phone } = database
    return database.transaction('r', [records, facades, outbox, shadow, sent, phone], async () => {
      const state = await phone.get('phone')
      if (!state) throw new Error('a phone without an owner')
      return {
        state,
        records: await records.toArray(),
        facades: await facades.toArray(),
        outbox: await outbox.orderBy('seq').toArray(),
        shadow: await shadow.toArray(),
        sent: await sent.toArray(),
      }
    })
  }
}

interface RawFactory {
  _databases: Map<
    string,
    {
      transactions: { _state: string; db: unknown; abort(): void }[]
      rawObjectStores: Map<string, { records: { values(): Iterable<{ value: unknown }> } }>
    }
  >
}
