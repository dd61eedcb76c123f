import { commit, type Committed } from '../../src/db/commit.ts'
import type { Database } from '../../src/db/database.ts'
import { openPhone } from '../../src/db/openPhone.ts'
import type { Seam } from '../../src/db/seam.ts'
import { parseSentinel } from '../../src/domain/phoneHealth.ts'
import type { Args, Verb } from '../../src/domain/verbs.ts'
import type { SyncRequest, WireCommand } from '../../src/protocol/sync.ts'
import { Trouble } from '../../src/remote/Trouble.ts'
import { freshPace, synchronize } from '../../src/sync/synchronize.ts'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import { START_MS } from './ground.ts'
import type { Scheduler } from './Scheduler.ts'
import { readContents, SimDisk, type Contents, type Fall } from './SimDisk.ts'
import { SimNet, type NetFaults } from './SimNet.ts'
import { takenIn, type SimServer } from './SimServer.ts'
import { SimWatch } from './SimWatch.ts'
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

/** A window of the app: a connection of its own to the database that all tabs of a phone share. */
interface Tab {
  database: Database
  seam: Seam
  watch: SimWatch
  alive: boolean
}

/** One phone: the real engine over an IndexedDB in memory, and everything that can befall it. */
export class SimPhone {
  readonly name: string
  #person: Person
  readonly #scheduler: Scheduler
  readonly #server: SimServer
  readonly #rng: Seam['rng']
  readonly #violate: (what: string) => void
  /** Of the sentinel alone, so that it changes nothing else that befalls this phone. */
  readonly #dice: Seam['rng']
  readonly #disk = new SimDisk()
  /** The disk is being put back: whoever opens it waits. */
  #restoring: Promise<unknown> = Promise.resolve()
  #life = 0
  #tabs: Tab[] = []
  readonly #net: SimNet
  /** How far this phone's clock is off, ms. */
  skewMs = 0
  readonly saved: Saved[] = []
  cycles = 0
  powerCuts = 0
  crashes = 0
  fall: Fall | null = null
  /** The numbering out of which a power cut took what was unsent, and not the count of it. */
  gapIn: string | null = null
  /** A power cut has taken something away that the sentinel may have known. */
  #isTorn = false
  /** Something is gone that the sentinel names: the next start has to say so, unless something was saved before it looked. */
  #mustNotice: number | null = null
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
    { rng, dice }: { rng: Seam['rng']; dice: Seam['rng'] },
    faults: NetFaults,
    violate: (what: string) => void,
  ) {
    this.name = person.name
    this.#person = person
    this.#scheduler = scheduler
    this.#server = server
    this.#rng = rng
    this.#dice = dice
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
    await this.#examine(tab)
  }

  /** A second tab of the same app: it reads, writes and syncs as if it were alone. */
  async openAnotherTab(): Promise<void> {
    const life = this.#life
    const tab = await this.#openTab()
    if (life !== this.#life || this.#tabs.length !== 1) return tab.database.close()
    this.#tabs.push(tab)
    this.#scheduler.note(`${this.name} another tab`)
    await this.#examine(tab)
  }

  /** What the app does beside the first screen, where things can be saved already: it compares before anything is sent. */
  async #examine(tab: Tab): Promise<void> {
    const { database, seam } = tab
    const watched = { clock: seam.clock, rng: this.#dice }
    tab.watch = new SimWatch(database, watched, this.#disk.sentinel, this.#who, this.#scheduler, {
      isAlive: () => tab.alive && seam.idb === this.#disk.idb,
      noticed: ({ code }) => {
        this.#scheduler.note(`${this.name} notices ${code}`)
        if (!this.#isTorn) this.#violate(`${this.name}: false alarm ${code} of the sentinel`)
      },
      failed: (error) => this.#violate(`${this.name}: a look threw ${String((error as Error).stack ?? error)}`),
    })
    this.changed = true
    await tab.watch.examined
    this.changed = true
    if (!tab.alive || this.#mustNotice !== this.saved.length) return
    this.#mustNotice = null
    if (!(await database.phone.get('phone'))?.alarm)
      this.#violate(`${this.name}: fell back and its sentinel said nothing`)
  }

  /** Whose phone this is, as far as it knows: its enrolment lies outside of the database. */
  get #who(): Parameters<typeof openPhone>[1] {
    const { community, memberId, deviceId, state, matchCode } = this.#person.standing
    return { communityId: community.id, memberId, deviceId, device: state, matchCode }
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
    this.#disk.tearOff(tab.database)
  }

  async #openTab(): Promise<Tab> {
    await this.#restoring
    const tab = { alive: true } as Tab
    tab.seam = {
      clock: { now: () => START_MS + Math.floor(this.#scheduler.now) + this.skewMs },
      rng: this.#rng,
      idb: this.#disk.idb,
      net: { post: (_path, body) => this.#post(tab, body) },
      timer: { set: (run, delayMs) => this.#scheduler.at(delayMs, run) },
      locks: { tryHold: async (_name, run) => (await run(), true) },
      paint: (run) => run(),
      calm: (run) => run(),
      isRestless: () => false,
    }
    tab.database = await openPhone(tab.seam, this.#who, this.#disk.sentinel.read())
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

  /** Keeps what is stored now for a power cut to fall back to. */
  remember(): void {
    const contents = this.peek()
    if (contents) this.#disk.remember(contents)
  }

  /** A dead battery: the phone comes up with an older image of its database, mostly a recent one. */
  async cutPower(): Promise<void> {
    const drawn = this.#disk.draw(this.#rng)
    if (!drawn) return
    const before = await this.contents()
    const last = this.peek()
    const image = this.#disk.tear(drawn, last, this.#dice)
    const hadGap = this.gapIn !== null && this.gapIn === before?.state.incarnation
    if (image !== drawn) this.gapIn = image.contents.state.incarnation
    this.crash()
    this.powerCuts++
    this.visible = new Set()
    this.stood = null
    this.#scheduler.note(`${this.name} power cut`)
    const { contents } = image
    this.#restoring = this.#disk.fallBackTo(image, this.#dice)
    await this.#restoring
    const kept = new Set([...contents.outbox, ...contents.sent].map((entry) => entry.id))
    const known = parseSentinel(this.#disk.sentinel.read())
    this.#mustNotice = known?.ids.some((id) => !kept.has(id)) ? this.saved.length : null
    for (const saved of this.saved) if (!kept.has(saved.id)) saved.torn = true
    const { nextN, lanes, incarnation } = contents.state
    const isSame = last?.state.nextN === nextN && last.state.lanes === lanes
    if (!isSame || [...last.outbox, ...last.sent].some(({ id }) => !kept.has(id))) this.#isTorn = true
    // Numbers that an earlier cut took away were never acknowledged, though none of them is pending.
    if (!before || before.state.incarnation !== incarnation || hadGap) return
    // What is pending has the last numbers (SYNC-2): all before them are acknowledged.
    const acknowledged = before.state.nextN - 1 - before.outbox.filter((entry) => entry.state === 'pending').length
    if (acknowledged < nextN) return
    this.fall = { incarnation, acknowledged, at: this.saved.length, answered: false, unnoticeable: false }
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
      if (this.fall && !this.fall.answered) this.fall.unnoticeable = true
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
      if (committed.saved) {
        this.saved.push({ id: committed.id, verb, args, claimedAt, torn: false })
        tab.watch.saved()
      }
      return committed
    } catch (error) {
      if (tab.alive) this.#violate(`${this.name}: commit threw ${String((error as Error).stack ?? error)}`)
      return null
    }
  }

  async #post(tab: Tab, body: string): Promise<NetAnswer> {
    const { cookie } = this.#person
    const answer = await this.#net.post(cookie, body, {
      isAlive: () => tab.alive,
      answered: (got) => {
        if (got?.status === 401 && cookie === this.#person.cookie) this.turnedAway = true
      },
      heard: () => (this.changed = true),
    })
    if (tab.alive && answer.status === 200) this.#lookAtFall(JSON.parse(body) as SyncRequest, answer)
    return answer
  }

  /** After a fall no number may stand for two commands: the server takes none in under one that it has had. */
  #lookAtFall({ commands, incarnation }: SyncRequest, answer: NetAnswer): void {
    if (!this.fall) return
    const since = new Set(this.saved.slice(this.fall.at).map(({ id }) => id))
    const sent = (commands as WireCommand[]).filter(({ id }) => since.has(id))
    if (sent.length > 0) this.fall.answered = true
    const isSame = incarnation === this.fall.incarnation && this.#server.restores === 0
    const fresh = takenIn(answer)
    const twice = sent.filter(({ id, n }) => n <= this.fall!.acknowledged && fresh.includes(id))
    if (isSame && twice.length > 0) this.#violate(`${this.name}: a number was taken twice`)
  }

  /** One sync cycle, as another tab might run it at the same time. */
  async sync(): Promise<string> {
    const tab = this.#someTab()
    if (!tab) return 'closed'
    const { database, seam } = tab
    this.cycles++
    try {
      await tab.watch.examined
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
      tab.watch.cycleEnded()
    }
  }

  /** What the phone holds, read past IndexedDB: only to look at, and only while nothing is under way. */
  peek(): Contents | null {
    return this.database && this.#disk.peek(this.database)
  }

  /** What the phone holds, in one transaction; `null` while it is off. */
  async contents(): Promise<Contents | null> {
    return this.database && readContents(this.database)
  }
}
