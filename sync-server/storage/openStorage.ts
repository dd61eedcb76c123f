import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Kysely, type Transaction } from 'kysely'
import type { Migration } from 'kysely/migration'
import { lockFile } from './lockFile.ts'
import { migrate } from './migrate.ts'
import { allMigrations } from './migrations/allMigrations.ts'
import { postgresDialect } from './postgresDialect.ts'
import { sqliteDialect } from './sqliteDialect.ts'
import { type StatementLog, TransactionGuard } from './statementRules.ts'
import { StorageTrouble } from './StorageTrouble.ts'
import type { Tables } from './tables.ts'
import { createMissingViews } from './views.ts'

/** Name of the embedded database in its folder. */
export const SQLITE_FILE = 'qiaomen.sqlite'

export interface Storage {
  kind: 'sqlite' | 'postgres'
  db: Kysely<Tables>
  /** Whether a statement has met damage since the database was opened. */
  isDamaged(): boolean
  /**
   * One transaction: `begin immediate` on SQLite, READ COMMITTED on PostgreSQL. A throw rolls back and is thrown on;
   * nothing is retried. Inside, use `trx` alone: `db` answers `db_inside_transaction`.
   */
  transaction<T>(run: (trx: Transaction<Tables>) => Promise<T>): Promise<T>
  /** Waits for what is running, then lets go of the database. A second call waits for the first. */
  close(): Promise<void>
}

export interface StorageOptions {
  /** Folder of the SQLite file; made when missing. */
  dataDir?: string
  /** The SQLite file itself, instead of `qiaomen.sqlite` in `dataDir`. */
  file?: string
  /** A PostgreSQL; wins over `dataDir` and `file`. */
  databaseUrl?: string
  log?: StatementLog
  /** Told once, when the database turns out to be damaged; from then on a SQLite file is only read. */
  onDamage?: (trouble: StorageTrouble) => void
  /** Keep a second server off the SQLite file; operator verbs say false. Default true. PostgreSQL takes any number. */
  lock?: boolean
  /** The steps of the schema, for tests of the steps themselves. */
  steps?: Record<string, Migration>
}

/**
 * Opens the database, refuses it when a commit could be lost, and brings its schema up to date.
 *
 * @throws StorageTrouble `durability_off`, `data_dir_in_use`, `schema_newer`, `unreachable`, `corrupt` …
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { databaseUrl } = options
  const kind = databaseUrl ? 'postgres' : 'sqlite'
  const file = options.file ?? (options.dataDir ? join(options.dataDir, SQLITE_FILE) : undefined)
  let damaged = false
  const onDamage = (trouble: StorageTrouble) => {
    if (!damaged) options.onDamage?.(trouble)
    damaged = true
  }
  const rules = { guard: new TransactionGuard(), log: options.log, onDamage }
  let unlock = () => {}
  let db: Kysely<Tables> | undefined
  try {
    if (databaseUrl) {
      db = new Kysely<Tables>({ dialect: await postgresDialect(databaseUrl, rules) })
    } else {
      if (!file) throw new StorageTrouble('cannot_open', 'neither dataDir, file nor databaseUrl is given')
      mkdirSync(dirname(file), { recursive: true })
      if (options.lock !== false) unlock = lockFile(file)
      db = new Kysely<Tables>({ dialect: sqliteDialect(file, rules) })
    }
    await migrate(db, options.steps ?? allMigrations(kind))
    await createMissingViews(db)
  } catch (error) {
    await db?.destroy().catch(() => {})
    unlock()
    throw error
  }
  const opened = db
  let closing: Promise<void> | undefined
  return {
    kind,
    db: opened,
    isDamaged: () => damaged,
    transaction: (run) => opened.transaction().execute((trx) => rules.guard.inside(() => run(trx))),
    close: () => (closing ??= opened.destroy().finally(unlock)),
  }
}
