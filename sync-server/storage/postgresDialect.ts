import pg from 'pg'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import { assertStorableText, type DialectRules } from './statementRules.ts'
import { namePostgresError, StatementFault, StorageTrouble } from './StorageTrouble.ts'

const CONNECTIONS_MAX = 10
const CONNECT_LIMIT_MS = 5_000
const LOCK_LIMIT_MS = 15_000
/** A server process that froze in a transaction must not keep a community's clock row for ever. */
const IDLE_IN_TRANSACTION_LIMIT_MS = 60_000

const INT8 = 20
const NUMERIC = 1700
const JSON_OIDS: ReadonlySet<number> = new Set([114, 3802])

/** Clocks and counts are doubles in JavaScript; one past 2^53 would be another number, so it is refused like on SQLite. */
function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new StatementFault('number_too_large', 'an integer lies beyond 2^53')
  return value
}

/** JSON stays text, as on SQLite; integers become numbers or an error. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8) return safeInteger
    if (oid === NUMERIC) return (text: string) => (/^-?\d+$/.test(text) ? safeInteger(text) : Number(text))
    if (JSON_OIDS.has(oid)) return (text: string) => text
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  },
}

class PostgresConnection implements DatabaseConnection {
  readonly client: pg.PoolClient
  readonly #rules: DialectRules
  /** The connection itself failed: it must not go back to the pool. */
  broken = false

  constructor(client: pg.PoolClient, rules: DialectRules) {
    this.client = client
    this.#rules = rules
  }

  async query(sql: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
    this.#rules.log?.(sql, parameters)
    assertStorableText(parameters)
    try {
      return await this.client.query({ text: sql, values: parameters as unknown[], types })
    } catch (error) {
      const named = namePostgresError(error)
      if (named.code === 'unreachable') this.broken = true
      if (named instanceof StorageTrouble && named.code === 'corrupt') this.#rules.onDamage?.(named)
      throw named
    }
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount, command } = await this.query(query.sql, query.parameters)
    if (command === 'SELECT' || rowCount === null) return { rows }
    return { rows, numAffectedRows: BigInt(rowCount) }
  }

  // eslint-disable-next-line require-yield -- Rows are small and bounded here; nothing streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new StatementFault('sql', 'streaming is not supported')
  }
}

class PostgresDriver implements Driver {
  readonly #pool: pg.Pool
  readonly #rules: DialectRules

  constructor(pool: pg.Pool, rules: DialectRules) {
    this.#pool = pool
    this.#rules = rules
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    this.#rules.guard.assertOutside()
    try {
      return new PostgresConnection(await this.#pool.connect(), this.#rules)
    } catch (error) {
      throw namePostgresError(error)
    }
  }

  async beginTransaction(connection: PostgresConnection, settings: TransactionSettings): Promise<void> {
    // Said aloud, because a database or a role may carry another default, and the clock row is built for this one.
    const isSnapshot = settings.isolationLevel === 'repeatable read'
    const level = isSnapshot ? 'repeatable read read only' : 'read committed read write'
    await connection.query(`begin isolation level ${level}`, [])
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    const { command } = await connection.query('commit', [])
    // PostgreSQL answers the commit of a failed transaction with ROLLBACK and no error.
    if (command === 'ROLLBACK') throw new StatementFault('sql', 'the transaction had failed and was rolled back')
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    // The server forgets the transaction of a connection that is gone; asking would hide why it went.
    if (!connection.broken) await connection.query('rollback', [])
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.client.release(connection.broken)
  }

  async destroy(): Promise<void> {
    await this.#pool.end()
  }
}

function openPool(databaseUrl: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    lock_timeout: LOCK_LIMIT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT_MS,
    keepAlive: true,
    application_name: 'qiaomen',
  })
  // Without listeners a PostgreSQL that restarts takes this process with it. The query that was running reports the
  // error by itself, and an idle connection is replaced by the pool, so there is nothing to do here.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

const WANTED: Readonly<Record<string, readonly string[]>> = {
  fsync: ['on'],
  full_page_writes: ['on'],
  synchronous_commit: ['on', 'remote_apply'],
}

/** Refuses a PostgreSQL that may forget an acknowledged commit. */
async function assertDurable(pool: pg.Pool): Promise<void> {
  for (const [name, wanted] of Object.entries(WANTED)) {
    const { rows } = await pool.query<{ value: string }>('select current_setting($1) as value', [name])
    const value = rows[0]?.value
    if (value === undefined || !wanted.includes(value)) {
      throw new StorageTrouble('durability_off', `${name}=${value} (${wanted.join(' or ')} wanted)`)
    }
  }
}

/** The dialect over a PostgreSQL; refuses with `durability_off` when a commit would not survive a power cut. */
export async function postgresDialect(databaseUrl: string, rules: DialectRules): Promise<Dialect> {
  const pool = openPool(databaseUrl)
  try {
    await assertDurable(pool)
  } catch (error) {
    await pool.end()
    throw namePostgresError(error)
  }
  return {
    createDriver: () => new PostgresDriver(pool, rules),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  }
}
