import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { BACKED_UP, type BackedUp } from './backupFile.ts'

/** Rows in one request: few enough that the largest of them fit into memory many times over. */
const ROWS_AT_ONCE = 500

/** All rows of a table in the order of its primary key, a page at a time: a snapshot of any size in little memory. */
export async function* readTable(db: Kysely<Tables>, table: BackedUp): AsyncGenerator<Record<string, unknown>> {
  const key = BACKED_UP[table]
  const names = sql.join(key.map((name) => sql.ref(name)))
  let after: readonly unknown[] | null = null
  for (;;) {
    const all = db.selectFrom(table).selectAll().limit(ROWS_AT_ONCE)
    const later = after ? all.where(sql<boolean>`(${names}) > (${sql.join([...after])})`) : all
    const page = (await key.reduce((query, name) => query.orderBy(sql.ref(name)), later).execute()) as Record<
      string,
      unknown
    >[]
    yield* page
    const last = page.at(-1)
    if (!last || page.length < ROWS_AT_ONCE) return
    after = key.map((name) => last[name])
  }
}
