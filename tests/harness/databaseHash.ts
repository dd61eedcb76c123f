import type { Kysely } from 'kysely'
import { canonicalJson, sha256Hex } from '../../src/domain/hash.ts'
import type { Tables } from '../../sync-server/storage/tables.ts'

/**
 * The hash of every row of every table, the migrations' own tables among them. Two equal hashes: nothing was written,
 * not even a row that is put back as it was before under another clock.
 */
export async function databaseHash(db: Kysely<Tables>): Promise<string> {
  return sha256Hex((await databaseRows(db)).join('\n'))
}

/** Every row of every table as one line of text, in an order of its own. */
export async function databaseRows(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  const lines: string[] = []
  for (const { name, isView } of tables) {
    if (isView) continue
    const rows = await db
      .selectFrom(name as keyof Tables)
      .selectAll()
      .execute()
    lines.push(`${name} ${rows.length}`, ...rows.map((row) => `${name} ${canonicalJson(row)}`))
  }
  return lines.sort()
}
