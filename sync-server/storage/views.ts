import { type Kysely, sql } from 'kysely'
import { DEFAULT_MIGRATION_LOCK_TABLE } from 'kysely/migration'
import { KINDS } from '../../src/domain/kinds.ts'
import type { Tables } from './tables.ts'

/** `doNotKnock` → `do_not_knock_view`: a name that needs no quotes in any SQL client. */
export function viewName(kind: string): string {
  return `${kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_view`
}

/** Gives each kind of record a view of its live rows, for people with an SQL client. The server itself never reads them. */
export async function createMissingViews(
  db: Kysely<Tables>,
  kinds: readonly string[] = Object.keys(KINDS),
): Promise<void> {
  if ((await missingOf(db, kinds)).length === 0) return
  await db.transaction().execute(async (trx) => {
    // Two servers that start together on one PostgreSQL take turns here, and the second finds nothing missing.
    const directory = trx.withTables<{ [DEFAULT_MIGRATION_LOCK_TABLE]: { id: string } }>()
    await directory.selectFrom(DEFAULT_MIGRATION_LOCK_TABLE).select('id').forUpdate().execute()
    for (const kind of await missingOf(trx, kinds)) {
      const live = trx
        .selectFrom('record')
        .select(['community', 'id', 'scope', 'clock', 'body'])
        .where('kind', '=', sql.lit(kind))
        .where('deleted', '=', sql.lit(0))
      await trx.schema.createView(viewName(kind)).as(live).execute()
    }
  })
}

async function missingOf(db: Kysely<Tables>, kinds: readonly string[]): Promise<string[]> {
  const present = new Set((await db.introspection.getTables()).map((table) => table.name))
  return kinds.filter((kind) => !present.has(viewName(kind)))
}
