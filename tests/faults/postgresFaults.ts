import pg from 'pg'
import { createDatabase, startPostgres } from '../harness/postgres.ts'
import { type ServerProcess, startServer } from '../harness/startServer.ts'
import { type Fault, must, mustFail } from './Fault.ts'
import { FaultPhone } from './FaultPhone.ts'
import { mustBeWhole, type Oracle } from './Oracle.ts'
import { makeFolder, quarterIn, settingsOf } from './quarter.ts'
import { rowsAt } from './Rows.ts'
import { plantedEnv } from './startPlanted.ts'

interface City {
  servers: ServerProcess[]
  phones: FaultPhone[]
}

/** Server processes on one PostgreSQL, and phones that ask now this one, now that one. */
async function openCity(
  oracle: Oracle,
  databaseUrl: string,
  processes: number,
  env: Record<string, string> = {},
): Promise<City> {
  const quarter = await quarterIn(settingsOf({ databaseUrl, dataDir: makeFolder() }))
  const servers: ServerProcess[] = []
  for (let nth = 0; nth < processes; nth++) {
    servers.push(await startServer(makeFolder(), { DATABASE_URL: databaseUrl, ...env }))
  }
  const phones = await Promise.all(quarter.members.map((one) => FaultPhone.open(one, quarter, oracle, servers[0]!.url)))
  for (const phone of phones) {
    phone.onRequest = () => {
      phone.url = servers[phone.requests % servers.length]!.url
    }
  }
  return { servers, phones }
}

async function settleAt(oracle: Oracle, databaseUrl: string, { phones }: City): Promise<string> {
  for (const phone of phones) await phone.drain()
  mustBeWhole(oracle.findAll(await rowsAt(databaseUrl)), 'at the end')
  const { saved, acknowledged, again } = oracle
  return `${saved.size} saved, ${acknowledged.size} acknowledged, ${again} answered again: 0 lost, 0 doubled`
}

async function close({ servers, phones }: City): Promise<void> {
  for (const phone of phones) phone.close()
  for (const server of servers) await server.stop('SIGKILL')
}

/** Two processes, each killed once in the middle, on one database. */
async function twoProcesses(oracle: Oracle): Promise<string> {
  const database = await createDatabase()
  const city = await openCity(oracle, database.url, 2)
  try {
    let kills = 0
    for (let round = 0; round < 8; round++) {
      const pushing = city.phones.map(async (phone) => {
        await phone.knock(6)
        phone.pace.batch = 2
        await phone.sync()
      })
      const victim = round % 4 === 3 ? kills++ % 2 : null
      if (victim !== null) await city.servers[victim]!.stop('SIGKILL')
      await Promise.all(pushing)
      if (victim !== null) city.servers[victim] = await startServer(makeFolder(), { DATABASE_URL: database.url })
    }
    return `2 processes, ${kills} kills; ${await settleAt(oracle, database.url, city)}`
  } finally {
    await close(city)
    await database.drop()
  }
}

/** PostgreSQL is killed and started again, and its connections are ended one by one, while phones push. */
async function postgresKilled(oracle: Oracle, env: Record<string, string> = {}): Promise<string> {
  const postgres = await startPostgres()
  const city = await openCity(oracle, postgres.url, 1, env)
  const [server] = city.servers
  const told: (string | null)[] = []
  let pushes = 0
  let slowestMs = 0
  let running = true
  let pushing: Promise<void>[] = []
  try {
    pushing = city.phones.map(async (phone) => {
      while (running) {
        await phone.knock(2)
        phone.pace.batch = 4
        const trouble = await phone.sync()
        pushes++
        if (trouble) told.push(trouble.code)
      }
    })
    // A connection that ends under a request says nothing; a process that has ended does.
    const isBack = () => {
      must(isAlive(server!), 'the process is gone')
      return fetch(`${server!.url}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      )
    }
    for (let time = 0; time < 4; time++) {
      await postgres.crashAndRestart()
      const startedAt = performance.now()
      while (!(await isBack()));
      slowestMs = Math.max(slowestMs, performance.now() - startedAt)
      await endConnections(postgres.url)
      while (!(await isBack()));
    }
    running = false
    await Promise.all(pushing)
    must(isAlive(server!), 'the process is gone')
    must(slowestMs < 15_000, `back after ${Math.round(slowestMs)} ms`)
    must(told.length > 0, 'nobody noticed')
    const otherwise = told.find((code) => code !== 'storage_unavailable')
    must(otherwise === undefined, `a PostgreSQL that is away is told as ${otherwise}`)
    const settled = await settleAt(oracle, postgres.url, city)
    return `killed 4 times, all connections ended 4 times, the process lives; ${told.length} of ${pushes} cycles told 503, ready again after ${Math.round(slowestMs)} ms at most; ${settled}`
  } finally {
    running = false
    await Promise.allSettled(pushing)
    await close(city)
    await postgres.stop()
  }
}

function isAlive({ pid }: ServerProcess): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function endConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'qiaomen' and pid <> pg_backend_pid()`,
  )
  await client.end()
}

export const postgresFaults: readonly Fault[] = [
  { name: 'two processes on one PostgreSQL, killed in turn', run: twoProcesses },
  { name: 'PostgreSQL restarted and killed', run: (oracle) => postgresKilled(oracle) },
  {
    name: 'control: connections without an error listener, planted, are caught',
    async run(oracle) {
      const error = await mustFail(() => postgresKilled(oracle, plantedEnv('connections without a listener')), 'it')
      return `caught: ${error.message}`
    },
  },
]
