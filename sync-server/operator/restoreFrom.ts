import type { Insertable, Transaction } from 'kysely'
import { beginEpoch, rememberEpoch } from '../epoch.ts'
import { newSecret } from '../identity/token.ts'
import { readSettings } from '../settings.ts'
import { createContext } from '../start.ts'
import type { Tables } from '../storage/tables.ts'
import { BACKED_UP, readBackup, type BackupLine } from './backupFile.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'

const ROWS_A_STATEMENT = 500

/**
 * `restore DIR`: puts a backup in the place of what is there, in one transaction, under a new epoch: phones notice it
 * and offer again what they sent since (SYNC-8). A running server holds the data folder, so it must be stopped first.
 *
 * @throws BadBackup before anything is touched
 */
export async function restoreFrom(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorAnswer> {
  const { manifest, lines } = await readBackup(folder)
  const server = await createContext(readSettings(environment))
  try {
    await server.storage.transaction(async (trx) => {
      // Phones stand at the history that is being replaced, or, after an earlier restore, at the backup's own.
      const replaced = await trx.selectFrom('clock').selectAll().execute()
      for (const table of [...BACKED_UP].reverse()) await trx.deleteFrom(table).execute()
      for (const table of BACKED_UP) await insertRows(trx, table, lines)
      const now = server.clock.now()
      for (const { community, epoch } of replaced) await rememberEpoch(trx, community, epoch, now)
      for (const { id } of manifest.communities) await beginEpoch(trx, id, newSecret(server.rng, 15), now)
    })
  } finally {
    await server.storage.close()
  }
  return {
    value: manifest,
    lines: [`restored ${manifest.rows} rows from ${manifest.madeAt}; phones will offer again what is newer`],
  }
}

async function insertRows(trx: Transaction<Tables>, table: keyof Tables, lines: readonly BackupLine[]): Promise<void> {
  const rows = lines.filter((line) => line.table === table).map((line) => line.row as Insertable<Tables[typeof table]>)
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    await trx
      .insertInto(table)
      .values(rows.slice(start, start + ROWS_A_STATEMENT))
      .execute()
  }
}
