import { mkdir } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { atOneMoment } from './atOneMoment.ts'
import { BACKED_UP, writeBackup } from './backupFile.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { withContext } from './withContext.ts'

/** `backup DIR`: every table as it stood at one moment, while the server goes on. The same file fits both databases. */
export async function backupTo(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorAnswer> {
  await mkdir(folder, { recursive: true })
  const manifest = await withContext(environment, async (server) => {
    const { lines, communities } = await atOneMoment(server, dump)
    const bytes = gzipSync(Buffer.from(lines.join('\n')))
    const about = { format: 1 as const, madeAt: new Date(server.clock.now()).toISOString(), rows: lines.length }
    return writeBackup(folder, bytes, { ...about, communities })
  })
  return { value: manifest, lines: [`${manifest.rows} rows in ${folder}, SHA-256 ${manifest.sha256}`] }
}

async function dump(trx: Transaction<Tables>) {
  const lines: string[] = []
  for (const table of BACKED_UP) {
    for (const row of await trx.selectFrom(table).selectAll().execute()) lines.push(JSON.stringify({ table, row }))
  }
  const clocks = await trx.selectFrom('clock').selectAll().orderBy('community').execute()
  return { lines, communities: clocks.map(({ community, epoch, clock }) => ({ id: community, epoch, clock })) }
}
