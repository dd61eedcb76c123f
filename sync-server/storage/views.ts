import { type Kysely, sql } from 'kysely'
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
  const present = new Set((await db.introspection.getTables()).map((table) => table.name))
  const missing = kinds.filter((kind) => !present.has(viewName(kind)))
  if (missing.length === 0) return
  await db.transaction().execute(async (trx) => {
    for (const kind of missing) {
      const live = trx
        .selectFrom('record')
        .select(['community', 'id', 'scope', 'clock', 'body'])
        .where('kind', '=', sql.lit(kind))
        .where('deleted', '=', sql.lit(0))
      await trx.schema.createView(viewName(kind)).ifNotExists().as(live).execute()
    }
  })
}
