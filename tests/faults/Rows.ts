import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Facade } from '../../src/domain/coverage/facade.ts'
import type { SessionTally } from '../../src/domain/records/sessionTally.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import type { Answer } from '../../src/protocol/sync.ts'

/** What a server's database holds, read past the server. */
export interface Rows {
  commands: { id: string; verb: string; answer: Answer }[]
  visits: Visit[]
  /** Clock of each visit's row. */
  clocks: [string, number][]
  facades: [string, Facade][]
  tallies: SessionTally[]
}

type Ask = (sql: string) => Promise<Record<string, unknown>[]>

const QUESTIONS = {
  commands: 'select "id", "verb", "answer" from "command"',
  visits: `select "id", "clock", "body" from "record" where "kind" = 'visit' and "deleted" = 0`,
  facades: `select "id", "body" from "projection" where "kind" = 'facade'`,
  tallies: `select "body" from "record" where "kind" = 'sessionTally' and "deleted" = 0`,
}

/** JSON is text in SQLite and comes parsed from PostgreSQL. */
const parsed = <T>(value: unknown): T => (typeof value === 'string' ? (JSON.parse(value) as T) : (value as T))

async function readRows(ask: Ask): Promise<Rows> {
  const commands = await ask(QUESTIONS.commands)
  const visits = await ask(QUESTIONS.visits)
  return {
    commands: commands.map(({ id, verb, answer }) => ({ id: String(id), verb: String(verb), answer: parsed(answer) })),
    visits: visits.map(({ body }) => parsed<Visit>(body)),
    clocks: visits.map(({ id, clock }) => [String(id), Number(clock)]),
    facades: (await ask(QUESTIONS.facades)).map(({ id, body }) => [String(id), parsed<Facade>(body)]),
    tallies: (await ask(QUESTIONS.tallies)).map(({ body }) => parsed<SessionTally>(body)),
  }
}

/** Of the SQLite file in a data folder, also beside a running server. */
export async function rowsIn(dataDir: string): Promise<Rows> {
  const database = new DatabaseSync(join(dataDir, 'qiaomen.sqlite'), { readOnly: true, timeout: 5_000 })
  try {
    // One transaction, or a server that goes on writing would show two moments.
    database.exec('begin')
    return await readRows(async (sql) => database.prepare(sql).all())
  } finally {
    database.close()
  }
}

/** Of a PostgreSQL. */
export async function rowsAt(databaseUrl: string): Promise<Rows> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read')
    return await readRows(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows)
  } finally {
    await client.end()
  }
}
