import type { Transaction } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { Tables } from '../storage/tables.ts'

/**
 * Reads everything as it stood at one moment, while others go on writing: one REPEATABLE READ snapshot on PostgreSQL, a
 * read transaction on a handle of its own on SQLite.
 */
export function atOneMoment<T>(server: ServerContext, run: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
  return server.storage.db.transaction().setIsolationLevel('repeatable read').execute(run)
}
