import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import type { Role } from '../../src/domain/records/member.ts'
import type { Answer, SyncAnswer } from '../../src/protocol/sync.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { enter } from '../../sync-server/identity/enrol.ts'
import { createContext, firstCommunity, makeEntryLink } from '../../sync-server/start.ts'
import { readRange } from '../../sync-server/storage/records.ts'
import { createDatabase, type TestDatabase } from '../harness/postgres.ts'
import { layOutStreet, OWN_HEADERS, type Street, WireDevice } from '../harness/wireWorld.ts'

export interface Reply<T> {
  status: number
  body: T
}

/** One server process; what it is asked goes over a real socket. */
class Worker {
  readonly #child: ChildProcess
  readonly #url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.#url = url
  }

  static async start(databaseUrl: string, defect: string): Promise<Worker> {
    const script = fileURLToPath(new URL('raceWorker.ts', import.meta.url))
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
      env: { ...process.env, DATABASE_URL: databaseUrl, RACE_DEFECT: defect },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) return new Worker(child, line)
    throw new Error('the worker ended before it listened')
  }

  async post<T>(path: string, body: unknown, cookie = ''): Promise<Reply<T>> {
    const headers = { ...OWN_HEADERS, cookie: `qiaomen=${cookie}` }
    const answer = await fetch(this.#url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, body: (await answer.json()) as T }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdin?.end()
    await ended
  }
}

/** Two processes on one PostgreSQL, and a third that sets the scene and looks at the rows. */
export class Scene {
  readonly context: ServerContext
  readonly community: string
  readonly #workers: readonly [Worker, Worker]
  readonly #database: TestDatabase

  private constructor(context: ServerContext, community: string, workers: [Worker, Worker], database: TestDatabase) {
    this.context = context
    this.community = community
    this.#workers = workers
    this.#database = database
  }

  static async open(defect = ''): Promise<Scene> {
    const database = await createDatabase()
    const nothing = {
      port: 0,
      host: '',
      dataDir: '',
      publicUrl: null,
      trustProxy: false,
      logLevel: null,
      foldAfterDays: 90,
    }
    const context = await createContext({ ...nothing, databaseUrl: database.url })
    const community = await firstCommunity(context)
    // Only the planted defect numbers rows by it.
    await sql`create sequence race_clock start 1000`.execute(context.storage.db)
    const workers = await Promise.all([Worker.start(database.url, defect), Worker.start(database.url, defect)])
    return new Scene(context, community, workers, database)
  }

  /** The process that serves the k-th of several at once. */
  worker(k: number): Worker {
    return this.#workers[k % 2]!
  }

  async device(role: Role, team: string | null = null, member: string | null = null): Promise<WireDevice> {
    const secret = await makeEntryLink(this.context, this.community, { role, team, member })
    const asked = { secret, name: role, community: '石榴桥社区', deviceName: '测试机' }
    const { cookie, standing } = await enter(this.context, asked)
    return new WireDevice(cookie, standing)
  }

  async push(k: number, device: WireDevice, commands: readonly unknown[]): Promise<Reply<SyncAnswer>> {
    return this.worker(k).post<SyncAnswer>('/api/sync', device.request(commands), device.cookie)
  }

  async mustPush(device: WireDevice, commands: readonly unknown[]): Promise<Answer[]> {
    const { body } = await this.push(0, device, commands)
    for (const answer of body.answers) if (answer.result !== 'applied') throw new Error(JSON.stringify(answer))
    return body.answers
  }

  async street(officer: WireDevice): Promise<Street> {
    const { street, commands } = layOutStreet(officer)
    await this.mustPush(officer, commands)
    return street
  }

  async bodies<B>(scope: string, kind: string): Promise<(B & { clock: number })[]> {
    const rows = await readRange(this.context.storage.db, this.community, scope, kind, 10_000)
    return rows.map((row) => ({ ...(JSON.parse(row.body) as B), clock: row.clock }))
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()))
    await this.context.storage.close()
    await this.#database.drop()
  }
}

/** A scene whose servers have a planted fault. */
export async function withDefect(name: string, look: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await Scene.open(name)
  try {
    await look(scene)
  } finally {
    await scene.close()
  }
}
