import type { Transaction } from 'kysely'
import type { ServerContext } from '../context.ts'
import type { Tables } from '../storage/tables.ts'

/**
 * Reads everything as it stood at one moment: on PostgreSQL one REPEATABLE READ snapshot; on SQLite a transaction is one
 * moment anyway, and writers wait for it.
 */
export function atOneMoment<T>(server: ServerContext, run: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
  const { storage } = server
  if (storage.kind === 'sqlite') return storage.transaction(run)
  return storage.db.transaction().setIsolationLevel('repeatable read').execute(run)
}
