/**
 * What befell the database itself: no command is to blame, and the phone keeps everything and comes again. A code is
 * permanent: it is never renamed and never used for something else.
 */
export type StorageTroubleCode =
  | 'durability_off'
  | 'data_dir_in_use'
  | 'schema_newer'
  | 'migration_failed'
  | 'disk_full'
  | 'busy'
  | 'conflict'
  | 'unreachable'
  | 'corrupt'
  | 'read_only'
  | 'cannot_open'
  | 'no_database'
  | 'io'
  | 'closed'

/** The same transaction may succeed when it is simply run again; the others need space, time or a person. */
const RETRYABLE: ReadonlySet<StorageTroubleCode> = new Set(['busy', 'conflict', 'unreachable'])

/**
 * Trouble with the database as a whole. `retryable` says that the same transaction may be run again at once; after
 * `unreachable` at a commit nobody knows whether it happened, which is why every command carries an id of its own.
 */
export class StorageTrouble extends Error {
  readonly code: StorageTroubleCode
  readonly retryable: boolean

  constructor(code: StorageTroubleCode, message: string, cause?: unknown) {
    super(`${code}: ${message}`, cause === undefined ? undefined : { cause })
    this.name = 'StorageTrouble'
    this.code = code
    this.retryable = RETRYABLE.has(code)
  }
}

/** What a statement did wrong. It will fail the same way again, so a batch is taken apart to find the command to blame. */
export type StatementFaultCode =
  | 'not_unique'
  | 'bad_text'
  | 'number_too_large'
  | 'key_twice'
  | 'scope_changed'
  | 'clock_backwards'
  | 'db_inside_transaction'
  | 'sql'

/** A bug of ours or a value that no check upstream caught; never the database's own trouble. */
export class StatementFault extends Error {
  readonly code: StatementFaultCode

  constructor(code: StatementFaultCode, message: string, cause?: unknown) {
    super(`${code}: ${message}`, cause === undefined ? undefined : { cause })
    this.name = 'StatementFault'
    this.code = code
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const SQLITE_TROUBLE: Readonly<Record<number, StorageTroubleCode>> = {
  5: 'busy',
  6: 'busy',
  8: 'read_only',
  10: 'io',
  11: 'corrupt',
  13: 'disk_full',
  14: 'cannot_open',
  26: 'corrupt',
}
const SQLITE_UNIQUE: ReadonlySet<number> = new Set([1555, 2067, 2579])
/** The shared-memory file beside the log could not grow: in practice a full disk. */
const SQLITE_IOERR_SHMSIZE = 4874

/** Names an error that node:sqlite threw. */
export function nameSqliteError(error: unknown): StorageTrouble | StatementFault {
  if (error instanceof StorageTrouble || error instanceof StatementFault) return error
  const { code, errcode } = error as { code?: string; errcode?: number }
  const message = error instanceof Error ? error.message : String(error)
  if (code === 'ERR_OUT_OF_RANGE') return new StatementFault('number_too_large', message, error)
  if (code === 'ERR_INVALID_STATE') return new StorageTrouble('closed', message, error)
  if (errcode === undefined) return new StatementFault('sql', message, error)
  if (SQLITE_UNIQUE.has(errcode)) return new StatementFault('not_unique', message, error)
  if (errcode === SQLITE_IOERR_SHMSIZE) return new StorageTrouble('disk_full', message, error)
  const trouble = SQLITE_TROUBLE[errcode & 0xff]
  return trouble ? new StorageTrouble(trouble, message, error) : new StatementFault('sql', message, error)
}

/** PostgreSQL's SQLSTATE codes and classes (Appendix A of its manual); the whole code is looked up before its class. */
const POSTGRES_TROUBLE: Readonly<Record<string, StorageTroubleCode>> = {
  '08': 'unreachable',
  '25006': 'read_only',
  '40001': 'conflict',
  '40003': 'unreachable',
  '40P01': 'conflict',
  '53': 'unreachable',
  '53100': 'disk_full',
  '55P03': 'busy',
  '57': 'unreachable',
  '57014': 'busy',
  '58': 'io',
  XX001: 'corrupt',
  XX002: 'corrupt',
}
const POSTGRES_FAULT: Readonly<Record<string, StatementFaultCode>> = {
  '21000': 'key_twice',
  '22003': 'number_too_large',
  '22021': 'bad_text',
  '22P05': 'bad_text',
  '23505': 'not_unique',
}

/**
 * Names an error that pg threw. An error without an SQLSTATE never came from a working server: whatever it says, the
 * connection is what failed, so it counts as `unreachable`.
 */
export function namePostgresError(error: unknown): StorageTrouble | StatementFault {
  if (error instanceof StorageTrouble || error instanceof StatementFault) return error
  const message = error instanceof Error ? error.message : String(error)
  // `severity` is what tells an answer of the server (SQLSTATE 23505) from an error of the socket (EPIPE, also five letters).
  const { code, severity } = error as { code?: string; severity?: string }
  if (severity === undefined || code === undefined) return new StorageTrouble('unreachable', message, error)
  const trouble = POSTGRES_TROUBLE[code] ?? POSTGRES_TROUBLE[code.slice(0, 2)]
  if (trouble) return new StorageTrouble(trouble, message, error)
  return new StatementFault(POSTGRES_FAULT[code] ?? 'sql', message, error)
}
