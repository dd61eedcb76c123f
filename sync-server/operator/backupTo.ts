import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kysely, Transaction } from 'kysely'
import { journalPath, readJournalFile } from '../JournalFile.ts'
import { readSettings } from '../settings.ts'
import { stepsTaken } from '../storage/migrate.ts'
import type { Tables } from '../storage/tables.ts'
import { atOneMoment } from './atOneMoment.ts'
import { BACKED_UP, BadBackup, nameFullDisk, writeBackup, type BackedUp, type Manifest } from './backupFile.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { readTable } from './readTable.ts'
import { withContext } from './withContext.ts'

const PIECE_LENGTH = 256 * 1024

/** Name of the journal's copy in the folder of a backup. */
export const BACKUP_JOURNAL = 'journal.ndjson'

/**
 * `backup DIR`: every table as it stood at one moment, while the server goes on and nobody waits. The same file fits both
 * databases. The journal of revocations and erasures is copied beside it: with an older backup, a newer journal counts.
 */
export async function backupTo(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorAnswer> {
  const { dataDir } = readSettings(environment)
  const manifest = await withContext(environment, async (server) => {
    const madeAt = new Date(server.clock.now()).toISOString()
    const steps = await stepsTaken(server.storage.db)
    const written = await atOneMoment(server, (trx) => writeAll(trx, folder, { madeAt, steps }))
    await writeJournal(server.storage.db, folder, dataDir).catch((error: unknown) => {
      throw nameFullDisk(error, folder)
    })
    return written
  })
  return { value: manifest, lines: [`${manifest.rows} rows in ${folder}, SHA-256 ${manifest.sha256}`] }
}

async function writeAll(
  trx: Transaction<Tables>,
  folder: string,
  made: Pick<Manifest, 'madeAt' | 'steps'>,
): Promise<Manifest> {
  const clocks = await trx.selectFrom('clock').selectAll().orderBy('community').execute()
  // Of a database that is not the one that was meant; it must not take the place of a good backup.
  if (clocks.length === 0) throw new BadBackup('backup_empty', 'there is no community in this database')
  const communities = clocks.map(({ community, epoch, clock }) => ({ id: community, epoch, clock }))
  let rows = 0
  async function* lines(): AsyncGenerator<string> {
    let lines = ''
    for (const table of Object.keys(BACKED_UP) as BackedUp[]) {
      for await (const row of readTable(trx, table)) {
        rows++
        lines += `${JSON.stringify({ table, row })}\n`
        // Each piece is compressed on another thread, and going there costs more than a line is worth.
        if (lines.length < PIECE_LENGTH) continue
        yield lines
        lines = ''
      }
    }
    yield lines
  }
  return writeBackup(folder, lines(), () => ({ ...made, rows, communities }))
}

async function writeJournal(db: Kysely<Tables>, folder: string, dataDir: string): Promise<void> {
  const rows = [
    ...(await db.selectFrom('journal').selectAll().execute()),
    ...(await readJournalFile(journalPath(dataDir))),
  ]
  const lines = new Set(rows.map((row) => JSON.stringify(row)))
  await writeFile(join(folder, `${BACKUP_JOURNAL}.part`), [...lines, ''].join('\n'))
  await rename(join(folder, `${BACKUP_JOURNAL}.part`), join(folder, BACKUP_JOURNAL))
}
