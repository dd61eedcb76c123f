import { EventEmitter } from 'node:events'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { newId } from '../../src/db/database.ts'
import type { Seam } from '../../src/db/seam.ts'
import { put } from '../../src/domain/put.ts'
import type { Round } from '../../src/domain/records/round.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import type { Answer, SyncAnswer, SyncRequest, WireCommand } from '../../src/protocol/sync.ts'
import { commitDeed } from '../../sync-server/commitDeed.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { beginEpoch } from '../../sync-server/epoch.ts'
import { fold } from '../../sync-server/folding.ts'
import { HttpProblem } from '../../sync-server/HttpProblem.ts'
import { retryHolds } from '../../sync-server/HoldRetries.ts'
import type { Enrolled } from '../../sync-server/identity/enrol.ts'
import { openStorage, type Storage } from '../../sync-server/storage/openStorage.ts'
import { readClock } from '../../sync-server/storage/records.ts'
import { StorageTrouble } from '../../sync-server/storage/StorageTrouble.ts'
import { answer } from '../harness/world.ts'
import { enrolAgain } from './enrolAgain.ts'
import { makeFolder, removeFolder, START_MS } from './ground.ts'
import type { Scheduler } from './Scheduler.ts'
import type { Template } from './template.ts'

async function visitIds(db: Storage['db']): Promise<string[]> {
  const rows = await db.selectFrom('record').select('id').where('kind', '=', 'visit').execute()
  return rows.map(({ id }) => id)
}

/** The commands that this answer says were taken in just now, and not before. */
export function takenIn({ status, body }: NetAnswer): string[] {
  const { answers, lane } = body as SyncAnswer
  return status === 200 && lane === null ? answers.filter(({ again }) => !again).map(({ id }) => id) : []
}

/** The real server module over SQLite, with faults of its storage, and a nightly backup that may be put back. */
export class SimServer {
  readonly #scheduler: Scheduler
  readonly #rng: Seam['rng']
  readonly #folder: string
  readonly #violate: (what: string) => void
  readonly #community: string
  context: ServerContext
  #files = 0
  #backup: string | null = null
  /** Requests under way: only in them may the process die. */
  #serving = 0
  /** The operator is at work; his verbs do not fail here. */
  #careful = 0
  /** The disk is being exchanged: whoever knocks finds nobody. */
  #isDown = false
  /** How often a request meets the death of the process, at any of its statements or after its commit. */
  troubleRate = 0
  /** How far the server's clock is off, ms. */
  skewMs = 0
  restores = 0
  deaths = 0
  epoch = ''
  /** Which commands are known to be on the server's disk in this history. */
  readonly durable = new Set<string>()
  /** Visits that were ever folded, also in a history that was lost since: a phone may have let them go. */
  readonly folded = new Set<string>()
  /** What each command was last answered for good. */
  readonly #finals = new Map<string, string>()
  /** The numbers that have arrived, by device and numbering. */
  readonly #arrived = new Map<string, Set<number>>()

  private constructor(
    storage: Storage,
    community: string,
    folder: string,
    scheduler: Scheduler,
    rng: Seam['rng'],
    violate: (what: string) => void,
  ) {
    this.#scheduler = scheduler
    this.#rng = rng
    this.#violate = violate
    this.#folder = folder
    this.#community = community
    const onFault = (error: unknown, where: string) => {
      // A planted command that throws is held by design; what it must not do is stop what comes behind it.
      if (error instanceof Error && error.message === 'poison') return
      violate(`server fault in ${where}: ${error instanceof Error ? error.message : String(error)}`)
    }
    const pokes = new EventEmitter().setMaxListeners(0)
    const clock = { now: () => START_MS + Math.floor(scheduler.now) + this.skewMs }
    this.context = { storage: this.#faulty(storage), clock, rng, secret: 'secret', pokes, onFault }
  }

  static async open(
    template: Template,
    scheduler: Scheduler,
    rng: Seam['rng'],
    violate: (what: string) => void,
  ): Promise<SimServer> {
    const folder = makeFolder()
    copyFileSync(template.file, join(folder, '0.sqlite'))
    let server: SimServer | null = null
    const log = () => server?.mayDie()
    const storage = await openStorage({ file: join(folder, '0.sqlite'), lock: false, log })
    server = new SimServer(storage, template.community, folder, scheduler, rng, violate)
    await server.#readEpoch()
    return server
  }

  async #readEpoch(): Promise<void> {
    this.epoch = (await readClock(this.context.storage.db, this.#community))?.epoch ?? ''
  }

  /** Called before every statement: between any two of them the process may die, and its transaction with it. */
  mayDie(): void {
    if (this.#serving === 0 || this.#careful > 0 || this.troubleRate === 0) return
    if (this.#rng.next() < this.troubleRate * 0.04) this.#die('died between two statements')
  }

  /** Requests that were under way are never answered, and the next process remembers nothing but what is on the disk. */
  #die(how: string): never {
    this.deaths++
    this.context = { ...this.context }
    this.#scheduler.note(`server ${how}`)
    this.#scheduler.at(1_000, () => void this.#scheduler.track(() => this.start()))
    throw new StorageTrouble('unreachable', how)
  }

  /** What the next process does at its start: it tries again what the one before could not take in. */
  async start(): Promise<void> {
    const { restores } = this
    await this.#carefully(async () => {
      for (const whose of ['server', 'restored'] as const) await retryHolds(this.context, this.#community, whose)
    }).catch((error: unknown) => {
      // The disk was taken out from under it.
      if (restores === this.restores && !this.#isDown) throw error
    })
  }

  /** The last start of the evening, of a newer server: whatever waits for it has to go on. */
  async update(): Promise<void> {
    Object.assign(globalThis, { isUpdated: true })
    await this.start()
    const held = await this.context.storage.db
      .selectFrom('held')
      .select('why')
      .where('why', '=', 'unknownVersion')
      .execute()
    if (held.length > 0) this.#violate(`server: ${held.length} commands wait for a newer server, which has started`)
  }

  /** A process that dies after its commit: what it did stands, and the phone hears nothing of it. */
  #faulty(storage: Storage): Storage {
    return {
      kind: storage.kind,
      isDamaged: storage.isDamaged,
      db: storage.db,
      close: () => storage.close(),
      transaction: async (run) => {
        const result = await storage.transaction(run)
        if (this.#careful === 0 && this.troubleRate > 0 && this.#rng.next() < this.troubleRate * 0.5) {
          this.#die('died after a commit')
        }
        return result
      },
    }
  }

  /** What an operator or another screen does: it is not what is on trial here. */
  async #carefully<T>(work: () => Promise<T>): Promise<T> {
    this.#careful++
    try {
      return await work()
    } finally {
      this.#careful--
    }
  }

  /** Answers one request; a dead process answers nothing. */
  async handle(cookie: string, json: string): Promise<NetAnswer | null> {
    const { restores, context } = this
    if (this.#isDown) return null
    this.#serving++
    try {
      const lacks = this.#arrive(JSON.parse(json) as SyncRequest)
      const got = await answer(context, cookie, json)
      if (restores === this.restores) this.#compare(got)
      if (lacks && takenIn(got).some((id) => lacks.behind.has(id))) {
        this.#violate(`server: took numbers in behind ${lacks.n}, which never arrived`)
      }
      return context === this.context ? got : null
    } catch (error) {
      if (error instanceof HttpProblem) return { status: error.status, body: error.body, retryAfterMs: null }
      // A request that was under way when the disk was taken out dies with it.
      const poisoned = error instanceof Error && error.message === 'poison'
      const died = restores !== this.restores || context !== this.context || poisoned || error instanceof StorageTrouble
      if (!died) this.#violate(`server threw: ${String((error as Error).stack ?? error)}`)
      return null
    } finally {
      this.#serving--
    }
  }

  /** Notes what has arrived. @returns the lowest number of its lane that has not, and the commands behind it (SYNC-2) */
  #arrive({ device, incarnation, commands }: SyncRequest): { n: number; behind: Set<string> } | null {
    const lane = `${device} ${incarnation}`
    const arrived = this.#arrived.get(lane) ?? new Set<number>()
    this.#arrived.set(lane, arrived)
    const sent = commands as WireCommand[]
    for (const command of sent) arrived.add(command.n)
    let n = 1
    while (arrived.has(n)) n++
    const behind = new Set(sent.filter((command) => command.n > n).map(({ id }) => id))
    return behind.size > 0 ? { n, behind } : null
  }

  /** What a command was once told for good it is told for ever (SYNC-2). */
  #compare({ status, body }: NetAnswer): void {
    if (status !== 200) return
    for (const { again: _again, ...told } of (body as SyncAnswer).answers as (Answer & { again?: true })[]) {
      if (told.result === 'held') continue
      const before = this.#finals.get(told.id)
      const now = JSON.stringify(told)
      if (before !== undefined && before !== now) this.#violate(`server answered ${before} and later ${now}`)
      this.#finals.set(told.id, now)
    }
  }

  /** Another enrolment for a member who has one already; `null` when nobody would give it, or nobody was there. */
  async enrolAgain(standing: Standing, how: 'link' | 'invitation', revokes: boolean): Promise<Enrolled | null> {
    const { restores } = this
    if (this.#isDown) return null
    const enrolling = this.#carefully(() => enrolAgain(this, this.#community, this.#rng, standing, how, revokes))
    return enrolling.catch((error: unknown) => {
      // The disk was taken out in the middle of it: that enrolment was never answered.
      if (restores === this.restores) throw error
      return null
    })
  }

  /** The operator closes a round or opens it again. No revision of it moves: that is the officers' own affair. */
  async setRound(roundId: string, state: Round['state']): Promise<void> {
    await this.#operate(`round ${state}`, () =>
      commitDeed(this.context, this.#community, async (_trx, facts) => {
        await facts.load([{ row: { kind: 'round', id: roundId, scope: 'c' } }])
        const round = facts.get('round', roundId)
        if (typeof round !== 'object' || round.state === state) return { changes: [], value: null }
        const { closedAt: _closedAt, ...rest } = round
        const end = state === 'closed' ? { closedAt: this.context.clock.now() } : {}
        return { changes: [put('round', { ...rest, ...end, state })], value: null }
      }),
    )
  }

  /** Folds what is closed, as if its time had come (SYNC-12). */
  async fold(): Promise<void> {
    await this.#operate('fold', async () => {
      const { storage } = this.context
      const before = new Set<string>()
      // What a phone brings while it runs is there when the transaction begins that folds it.
      const seen: Storage['transaction'] = (run) =>
        storage.transaction(async (trx) => {
          for (const id of await visitIds(trx)) before.add(id)
          return run(trx)
        })
      await fold({ ...this.context, storage: { ...storage, transaction: seen } }, 0)
      const after = new Set(await visitIds(storage.db))
      for (const id of before) if (!after.has(id)) this.folded.add(id)
    })
  }

  /** A deed of the operator; he comes again when the disk is exchanged meanwhile. */
  async #operate(what: string, work: () => Promise<unknown>): Promise<void> {
    if (this.#isDown) return
    const { restores } = this
    try {
      await this.#carefully(work)
      this.#scheduler.note(`server ${what}`)
    } catch (error) {
      if (restores === this.restores && !this.#isDown) throw error
    }
  }

  async backUp(): Promise<void> {
    const file = join(this.#folder, `${++this.#files}.backup`)
    await this.#carefully(() => sql.raw(`vacuum into '${file}'`).execute(this.context.storage.db))
    this.#backup = file
    this.#scheduler.note('backup')
  }

  /** Puts the last backup back under a new epoch, as an operator would after a disk has died. */
  async restore(): Promise<boolean> {
    if (!this.#backup) return false
    const backup = this.#backup
    this.restores++
    this.durable.clear()
    this.#finals.clear()
    this.#isDown = true
    await this.#carefully(async () => {
      await this.context.storage.close()
      const file = join(this.#folder, `${++this.#files}.sqlite`)
      copyFileSync(backup, file)
      const storage = await openStorage({ file, lock: false, log: () => this.mayDie() })
      const now = this.context.clock.now()
      await storage.transaction((trx) => beginEpoch(trx, this.#community, newId(this.#rng), now))
      this.context = { ...this.context, storage: this.#faulty(storage) }
      await this.#readEpoch()
    })
    this.#isDown = false
    this.#scheduler.note('restore')
    return true
  }

  async close(): Promise<void> {
    Reflect.deleteProperty(globalThis, 'isUpdated')
    await this.context.storage.close()
    removeFolder(this.#folder)
  }
}
