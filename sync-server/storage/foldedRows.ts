import { type Kysely, sql, type Transaction } from 'kysely'
import { FOLDED_KINDS } from '../../src/domain/coverage/foldRound.ts'
import type { RecordRow, Tables } from './tables.ts'

/* The statements of the fold (SYNC-12): the only place where rows go without a tombstone. */

const KEYS_PER_STATEMENT = 500

/** Which rounds have live events in these scopes. */
export async function listRoundsIn(
  db: Kysely<Tables>,
  community: string,
  scopes: readonly string[],
): Promise<{ scope: string; roundId: string }[]> {
  if (scopes.length === 0) return []
  return db
    .selectFrom('record')
    .select(['scope', sql<string>`"body" ->> 'roundId'`.as('roundId')])
    .where('community', '=', community)
    .where('scope', 'in', scopes)
    .where('kind', 'in', FOLDED_KINDS)
    .where('deleted', '=', 0)
    .groupBy(['scope', sql`"body" ->> 'roundId'`])
    .execute()
}

/** The live events of one round in one scope. */
export async function readRoundEvents(
  db: Kysely<Tables>,
  community: string,
  scope: string,
  roundId: string,
): Promise<RecordRow[]> {
  return db
    .selectFrom('record')
    .selectAll()
    .where('community', '=', community)
    .where('scope', '=', scope)
    .where('kind', 'in', FOLDED_KINDS)
    .where('deleted', '=', 0)
    .where(sql<boolean>`"body" ->> 'roundId' = ${roundId}`)
    .execute()
}

/** Takes rows away without a tombstone, and the façade that was drawn from them. Called under the lock of `lockClock`. */
export async function dropFoldedRows(
  trx: Transaction<Tables>,
  community: string,
  rows: readonly RecordRow[],
  facade: string,
): Promise<void> {
  for (const kind of FOLDED_KINDS) {
    const ids = rows.filter((row) => row.kind === kind).map((row) => row.id)
    for (let start = 0; start < ids.length; start += KEYS_PER_STATEMENT) {
      await trx
        .deleteFrom('record')
        .where('community', '=', community)
        .where('kind', '=', kind)
        .where('id', 'in', ids.slice(start, start + KEYS_PER_STATEMENT))
        .execute()
    }
  }
  await trx
    .deleteFrom('projection')
    .where('community', '=', community)
    .where('kind', '=', 'facade')
    .where('id', '=', facade)
    .execute()
}

/** How many commands of a verb were ever applied. */
export async function countApplied(db: Kysely<Tables>, community: string, verb: string): Promise<number> {
  const row = await db
    .selectFrom('command')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('community', '=', community)
    .where('verb', '=', verb)
    .where('answer', 'like', '%"result":"applied"%')
    .executeTakeFirstOrThrow()
  return Number(row.count)
}
