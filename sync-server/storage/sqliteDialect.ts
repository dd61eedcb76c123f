import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'
import { assertStorableText, type DialectRules, type StatementLog, type TransactionGuard } from './statementRules.ts'
import { nameSqliteError, StatementFault, StorageTrouble } from './StorageTrouble.ts'

/** How long a writer waits for another process (an operator's verb) to let go of the file. */
const BUSY_LIMIT_MS = 5_000
/** SQLite's own wait blocks the event loop, so it is short; the rest of the wait is ours and blocks nobody. */
const BUSY_BLOCKING_MS = 20
const STATEMENTS_KEPT = 256

interface KeptStatement {
  statement: StatementSync
  reader: boolean
}

/** One open file with its prepared statements, the least recently used dropped first. */
class SqliteFile {
  readonly database: DatabaseSync
  /** Damage was met: nothing is written any more. */
  isDamaged = false
  readonly #log: StatementLog | undefined
  readonly #kept = new Map<string, KeptStatement>()
  readonly #onDamage: (trouble: StorageTrouble) => void

  constructor(
    database: DatabaseSync,
    log: StatementLog | undefined,
    onDamage: (trouble: StorageTrouble) => void = () => {},
  ) {
    this.database = database
    this.#log = log
    this.#onDamage = onDamage
  }

  #prepare(sql: string): KeptStatement {
    let kept = this.#kept.get(sql)
    if (kept) {
      this.#kept.delete(sql)
    } else {
      const statement = this.database.prepare(sql)
      kept = { statement, reader: statement.columns().length > 0 }
      if (this.#kept.size >= STATEMENTS_KEPT) {
        for (const oldest of this.#kept.keys()) {
          this.#kept.delete(oldest)
          break
        }
      }
    }
    this.#kept.set(sql, kept)
    return kept
  }

  run<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
    this.#log?.(sql, parameters)
    assertStorableText(parameters)
    try {
      const { statement, reader } = this.#prepare(sql)
      const bound = parameters as SQLInputValue[]
      if (reader) return { rows: statement.all(...bound) as R[] }
      return { rows: [], numAffectedRows: BigInt(statement.run(...bound).changes) }
    } catch (error) {
      const named = nameSqliteError(error)
      if (named instanceof StorageTrouble && named.code === 'corrupt') this.#onDamage(named)
      throw named
    }
  }

  /** Runs a statement that may find the file taken by another process; waits without blocking the event loop. */
  async runPatiently<R>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<R>> {
    const givenUpAt = performance.now() + BUSY_LIMIT_MS
    for (;;) {
      try {
        return this.run<R>(sql, parameters)
      } catch (error) {
        if (!(error instanceof StorageTrouble) || error.code !== 'busy' || performance.now() > givenUpAt) throw error
        await wait(BUSY_BLOCKING_MS)
      }
    }
  }
}

/** First come, first served: whoever holds it is the only writer in this process. */
class Turnstile {
  #last: Promise<void> = Promise.resolve()

  async enter(): Promise<() => void> {
    const before = this.#last
    let leave = () => {}
    this.#last = new Promise((resolve) => (leave = resolve))
    await before
    return leave
  }
}

/**
 * What Kysely holds for one query or one transaction. A lone select runs on the read-only handle and never waits for a
 * writer; everything else takes its turn on the writing handle.
 */
class SqliteConnection implements DatabaseConnection {
  readonly #driver: SqliteDriver
  leave: (() => void) | undefined
  /** A handle of its own on which everything stands as it stood when its transaction began. */
  snapshot: SqliteFile | undefined
  /** As on PostgreSQL, a transaction in which a statement failed cannot be committed, even if somebody caught the error. */
  failed = false

  constructor(driver: SqliteDriver) {
    this.#driver = driver
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.snapshot) return this.snapshot.run<R>(query.sql, query.parameters)
    if (this.leave) return this.#runInTransaction<R>(query)
    if (query.query.kind === 'SelectQueryNode') return this.#driver.reader.run<R>(query.sql, query.parameters)
    this.leave = await this.#driver.turnstile.enter()
    try {
      return await this.#driver.writer.runPatiently<R>(query.sql, query.parameters)
    } finally {
      this.leave()
      this.leave = undefined
    }
  }

  #runInTransaction<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    try {
      return this.#driver.writer.run<R>(sql, parameters)
    } catch (error) {
      this.failed = true
      throw error
    }
  }

  // eslint-disable-next-line require-yield -- Rows are small and bounded here; nothing streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new StatementFault('sql', 'streaming is not supported')
  }
}

class SqliteDriver implements Driver {
  readonly writer: SqliteFile
  readonly reader: SqliteFile
  readonly turnstile = new Turnstile()
  readonly #guard: TransactionGuard
  readonly #openReader: () => SqliteFile

  constructor(writer: SqliteFile, openReader: () => SqliteFile, guard: TransactionGuard) {
    this.writer = writer
    this.reader = openReader()
    this.#openReader = openReader
    this.#guard = guard
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    this.#guard.assertOutside()
    return new SqliteConnection(this)
  }

  async beginTransaction(connection: SqliteConnection, settings: TransactionSettings): Promise<void> {
    if (settings.isolationLevel === 'repeatable read') {
      // Readers of the write-ahead log keep what they see and hold nobody up; the log grows until they are done.
      connection.snapshot = this.#openReader()
      connection.snapshot.run('begin', [])
      return
    }
    connection.leave = await this.turnstile.enter()
    // Somebody’s rollback failed, and nobody was to wait for it for ever.
    this.#rollBackWhatIsOpen()
    // A deferred transaction that wants to write later fails at once when somebody wrote in between, so we begin as a writer.
    const begin = this.writer.isDamaged ? 'begin' : 'begin immediate'
    await this.writer.runPatiently(begin, [])
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    if (connection.snapshot) return
    if (connection.failed) throw new StatementFault('sql', 'the transaction had failed and was rolled back')
    this.writer.run('commit', [])
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    if (connection.snapshot) return
    this.#rollBackWhatIsOpen()
  }

  /** A full disk ends the transaction by itself; a second rollback would hide that error behind its own. */
  #rollBackWhatIsOpen(): void {
    if (this.writer.database.isTransaction) this.writer.run('rollback', [])
  }

  async releaseConnection(connection: SqliteConnection): Promise<void> {
    // Closing the handle ends its read transaction.
    connection.snapshot?.database.close()
    connection.snapshot = undefined
    if (!connection.leave) return
    try {
      if (this.writer.database.isOpen) this.#rollBackWhatIsOpen()
    } finally {
      connection.leave()
      connection.leave = undefined
    }
  }

  async destroy(): Promise<void> {
    const leave = await this.turnstile.enter()
    this.reader.database.close()
    this.writer.database.close()
    leave()
  }
}

class ImmediateSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }

  /** Kysely's own mutex would make reads wait for writers; ours is in the driver. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class LocklessSqliteCompiler extends SqliteQueryCompiler {
  /** `begin immediate` has locked everything already, so `for update` is left out and one query serves both databases. */
  protected override visitSelectModifier(): void {}
}

/** Opens the file for writing, turns the write-ahead log and full synchronisation on, and reads both back. */
function openDurably(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_LIMIT_MS })
  try {
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    database.exec('pragma trusted_schema = off')
    database.exec('pragma journal_size_limit = 67108864')
    database.exec('pragma cache_size = -16000')
    // A multi-row upsert keeps a journal of its own; in a temporary file it doubles the time of the whole batch.
    database.exec('pragma temp_store = memory')
    // What is written over or taken out leaves nothing readable in the pages that are written anyway (SYNC-14).
    database.exec('pragma secure_delete = fast')
    const journalMode = database.prepare('pragma journal_mode').get()?.['journal_mode']
    const synchronous = database.prepare('pragma synchronous').get()?.['synchronous']
    if (journalMode !== 'wal' || synchronous !== 2) {
      throw new StorageTrouble(
        'durability_off',
        `journal_mode=${journalMode} synchronous=${synchronous} (wal and 2 wanted)`,
      )
    }
    database.exec(`pragma busy_timeout = ${BUSY_BLOCKING_MS}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** The dialect over one SQLite file; refuses with `durability_off` when a commit would not survive a power cut. */
export function sqliteDialect(file: string, { guard, log, onDamage }: DialectRules): Dialect {
  try {
    const database = openDurably(file)
    const stopWriting = (trouble: StorageTrouble) => {
      // What can be read still is, for the phones and for a rescue; writing on would spread the damage (`read_only`).
      database.exec('pragma query_only = on')
      writer.isDamaged = true
      onDamage?.(trouble)
    }
    const writer = new SqliteFile(database, log, stopWriting)
    const openReader = () => {
      const readOnly = new DatabaseSync(file, { readOnly: true, timeout: BUSY_LIMIT_MS })
      return new SqliteFile(readOnly, log, stopWriting)
    }
    return {
      createDriver: () => new SqliteDriver(writer, openReader, guard),
      createQueryCompiler: () => new LocklessSqliteCompiler(),
      createAdapter: () => new ImmediateSqliteAdapter(),
      createIntrospector: (db) => new SqliteIntrospector(db),
    }
  } catch (error) {
    throw nameSqliteError(error)
  }
}
