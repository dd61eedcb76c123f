import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Insertable, Transaction } from 'kysely'
import type { ServerContext } from '../context.ts'
import { beginEpoch, rememberEpoch } from '../epoch.ts'
import { newSecret } from '../identity/token.ts'
import { journalPath, readJournalFile } from '../JournalFile.ts'
import { bringJournal } from '../recovery.ts'
import { readSettings } from '../settings.ts'
import { createContext } from '../start.ts'
import { addToJournal, type JournalRow } from '../storage/journal.ts'
import { allMigrations } from '../storage/migrations/allMigrations.ts'
import { SQLITE_FILE } from '../storage/openStorage.ts'
import { StorageTrouble } from '../storage/StorageTrouble.ts'
import type { Tables } from '../storage/tables.ts'
import { assertNobodyServes } from './assertNobodyServes.ts'
import {
  BACKED_UP,
  BadBackup,
  LEFT_OUT,
  readBackup,
  readManifest,
  type BackedUp,
  type BackupLine,
  type Manifest,
} from './backupFile.ts'
import { BACKUP_JOURNAL } from './backupTo.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'

const ROWS_A_STATEMENT = 500
/** A line of the journal that names a history, so that it is known after the next restore. */
const EPOCH = 'epoch'

/**
 * `restore DIR`: puts a backup in the place of what is there, in one transaction, under a new epoch: phones notice it
 * and offer again what they sent since (SYNC-8). What was revoked or erased since the backup stays so: the journal is
 * read from the database that is replaced, from the data folder, from the backup's folder and from `journal` (SYNC-14).
 * Every server must be stopped first: one that runs is noticed, and nothing is touched. A damaged SQLite file is set aside.
 *
 * @param journal another copy of the journal, of a newer backup perhaps
 * @throws BadBackup before anything is touched
 */
export async function restoreFrom(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
  journal?: string,
): Promise<OperatorAnswer> {
  const settings = readSettings(environment)
  const manifest = await checkBackup(folder)
  const copies = [journalPath(settings.dataDir), join(folder, BACKUP_JOURNAL), ...(journal ? [journal] : [])]
  const entries = (await Promise.all(copies.map(readJournalFile))).flat()
  if (journal && (await readJournalFile(journal)).length === 0) {
    throw new BadBackup('backup_missing', `there is no journal in ${journal}`)
  }
  if (settings.databaseUrl) await assertNobodyServes(settings.databaseUrl)
  const replace = async () => {
    const server = await createContext(settings)
    try {
      await server.storage.transaction((trx) => replaceAll(trx, server, folder, manifest, entries))
    } finally {
      await server.storage.close()
    }
  }
  let aside: string | null = null
  try {
    await replace()
  } catch (error) {
    // Damage is what a restore is for: the file is kept as it is, and the journal's copy speaks for it.
    if (settings.databaseUrl || !(error instanceof StorageTrouble) || error.code !== 'corrupt') throw error
    aside = await setAside(join(settings.dataDir, SQLITE_FILE))
    await replace()
  }
  return {
    value: { ...manifest, aside },
    lines: [
      ...(aside ? [`the database was damaged; it lies beside the new one as ${aside}`] : []),
      `restored ${manifest.rows} rows from ${manifest.madeAt}; phones will offer again what is newer`,
    ],
  }
}

/** Moves a database and its log out of the way. @returns where it lies now */
async function setAside(file: string): Promise<string> {
  const aside = `${file}.damaged-${Date.now().toString(36)}`
  for (const tail of ['', '-wal', '-shm']) {
    await rename(`${file}${tail}`, `${aside}${tail}`).catch((error: { code?: string }) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
  return aside
}

/** Reads a backup from its first row to its last, so that a damaged one is refused with nothing touched. */
async function checkBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder)
  const known = Object.keys(allMigrations('sqlite'))
  const unknown = manifest.steps.filter((step) => !known.includes(step))
  if (unknown.length > 0) {
    throw new BadBackup('backup_newer', `a newer server made this backup (it knows ${unknown.join(', ')})`)
  }
  for await (const line of readBackup(folder, manifest)) void line
  return manifest
}

async function replaceAll(
  trx: Transaction<Tables>,
  server: ServerContext,
  folder: string,
  manifest: Manifest,
  copied: readonly JournalRow[],
): Promise<void> {
  // Phones stand at the history that is being replaced, or, after an earlier restore, at the backup's own.
  const replaced = await trx.selectFrom('clock').selectAll().execute()
  const entries = [...(await trx.selectFrom('journal').selectAll().execute()), ...copied]
  for (const table of [...LEFT_OUT, ...Object.keys(BACKED_UP)] as (keyof Tables)[]) {
    if (table !== 'journal') await trx.deleteFrom(table).execute()
  }
  await insertAll(trx, readBackup(folder, manifest))
  const now = server.clock.now()
  // A one-time link of before may have been used since; the operator makes another.
  await trx.updateTable('entryLink').set({ usedAt: now }).where('usedAt', 'is', null).execute()
  // Where the database itself was lost, the journal's copy still names the histories that phones may stand at.
  const named = entries.filter(({ kind }) => kind === EPOCH)
  for (const { community, epoch } of [...replaced, ...named]) await rememberEpoch(trx, community, epoch, now)
  for (const { id, epoch, clock } of manifest.communities) {
    const begun = newSecret(server.rng, 15)
    await beginEpoch(trx, id, begun, now)
    await addToJournal(trx, id, [{ epoch: begun, clock: 0, at: now, kind: EPOCH, id: begun, body: '{}' }])
    const own = entries.filter(({ community }) => community === id)
    await bringJournal(trx, server, id, own, { epoch, clock, madeAt: Date.parse(manifest.madeAt), restoredAt: now })
  }
}

async function insertAll(trx: Transaction<Tables>, lines: AsyncIterable<BackupLine>): Promise<void> {
  let table: BackedUp | null = null
  let rows: Record<string, unknown>[] = []
  const flush = async () => {
    if (table && rows.length > 0)
      await trx
        .insertInto(table)
        .values(rows as Insertable<Tables[BackedUp]>[])
        .execute()
    rows = []
  }
  for await (const line of lines) {
    if (line.table !== table || rows.length === ROWS_A_STATEMENT) await flush()
    table = line.table
    rows.push(line.row)
  }
  await flush()
}
