import { EventEmitter } from 'node:events'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { newId } from '../../src/db/database.ts'
import type { Seam } from '../../src/db/seam.ts'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import { problemBody } from '../../src/protocol/problem.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { beginEpoch } from '../../sync-server/epoch.ts'
import { HttpProblem } from '../../sync-server/HttpProblem.ts'
import { openStorage, type Storage } from '../../sync-server/storage/openStorage.ts'
import { StorageTrouble } from '../../sync-server/storage/StorageTrouble.ts'
import { answer } from '../harness/world.ts'
import { makeFolder, removeFolder, START_MS } from './ground.ts'
import type { Scheduler } from './Scheduler.ts'
import type { Template } from './template.ts'

/** The real server module over SQLite, with faults of its storage, and a nightly backup that may be put back. */
export class SimServer {
  readonly #scheduler: Scheduler
  readonly #rng: Seam['rng']
  readonly #folder: string
  readonly #violate: (what: string) => void
  readonly context: ServerContext
  #files = 0
  #backup: string | null = null
  /** How often a transaction fails, before it or after its commit. */
  troubleRate = 0
  restores = 0

  private constructor(
    storage: Storage,
    folder: string,
    scheduler: Scheduler,
    rng: Seam['rng'],
    violate: (what: string) => void,
  ) {
    this.#scheduler = scheduler
    this.#rng = rng
    this.#violate = violate
    this.#folder = folder
    const onFault = (error: unknown, where: string) => {
      // A planted command that throws is held by design; what it must not do is stop what comes behind it.
      if (error instanceof Error && error.message === 'poison') return
      violate(`server fault in ${where}: ${error instanceof Error ? error.message : String(error)}`)
    }
    const pokes = new EventEmitter().setMaxListeners(0)
    const clock = { now: () => START_MS + Math.floor(scheduler.now) }
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
    const storage = await openStorage({ file: join(folder, '0.sqlite'), lock: false })
    return new SimServer(storage, folder, scheduler, rng, violate)
  }

  /** A process that dies before its commit, and one that dies after it: the phone hears nothing of either. */
  #faulty(storage: Storage): Storage {
    const fails = (share: number) => this.troubleRate > 0 && this.#rng.next() < this.troubleRate * share
    return {
      kind: storage.kind,
      db: storage.db,
      close: () => storage.close(),
      transaction: async (run) => {
        const before = fails(0.5)
        const after = fails(0.5)
        const result = await storage.transaction(async (trx) => {
          const done = await run(trx)
          if (before) throw new StorageTrouble('unreachable', 'died before the commit')
          return done
        })
        if (after) throw new StorageTrouble('unreachable', 'died after the commit')
        return result
      },
    }
  }

  /** Answers one request; a dead process answers nothing. */
  async handle(cookie: string, json: string): Promise<NetAnswer | null> {
    const life = this.restores
    try {
      return await answer(this.context, cookie, json)
    } catch (error) {
      if (error instanceof HttpProblem)
        return { status: error.status, body: problemBody(error.code), retryAfterMs: null }
      // A request that was under way when the disk was taken out dies with it.
      const poisoned = error instanceof Error && error.message === 'poison'
      const died = life !== this.restores || poisoned || error instanceof StorageTrouble
      if (!died) this.#violate(`server threw: ${String((error as Error).stack ?? error)}`)
      return null
    }
  }

  async backUp(): Promise<void> {
    const file = join(this.#folder, `${++this.#files}.backup`)
    await sql.raw(`vacuum into '${file}'`).execute(this.context.storage.db)
    this.#backup = file
    this.#scheduler.note('backup')
  }

  /** Puts the last backup back under a new epoch, as an operator would after a disk has died. */
  async restore(): Promise<boolean> {
    if (!this.#backup) return false
    this.restores++
    await this.context.storage.close()
    const file = join(this.#folder, `${++this.#files}.sqlite`)
    copyFileSync(this.#backup, file)
    const storage = await openStorage({ file, lock: false })
    const community = await storage.db.selectFrom('clock').select('community').executeTakeFirstOrThrow()
    await storage.transaction((trx) => beginEpoch(trx, community.community, newId(this.#rng), this.context.clock.now()))
    this.context.storage = this.#faulty(storage)
    this.#scheduler.note('restore')
    return true
  }

  async close(): Promise<void> {
    await this.context.storage.close()
    removeFolder(this.#folder)
  }
}
