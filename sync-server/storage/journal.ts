import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { readRecords, type HeldRow } from './records.ts'
import type { Tables } from './tables.ts'

export type JournalRow = Selectable<Tables['journal']>

/** Adds entries; what is there already stays, so that journals from several places can be laid together. */
export async function addToJournal(
  trx: Transaction<Tables>,
  community: string,
  rows: readonly Omit<Insertable<Tables['journal']>, 'community'>[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += 500) {
    await trx
      .insertInto('journal')
      .values(rows.slice(start, start + 500).map((row) => ({ ...row, community })))
      .onConflict((conflict) => conflict.columns(['community', 'epoch', 'clock']).doNothing())
      .execute()
  }
}

/** Everything the journal says of these records. */
export async function readJournalOf(
  db: Kysely<Tables>,
  community: string,
  keys: readonly { kind: string; id: string }[],
): Promise<JournalRow[]> {
  if (keys.length === 0) return []
  const wanted = sql.join(keys.map(({ kind, id }) => sql`(${kind}, ${id})`))
  const rows = db.selectFrom('journal').selectAll().where('community', '=', community)
  return rows.where(sql<boolean>`("kind", "id") in (values ${wanted})`).execute()
}

/** The entries of one history after a clock, in their order. */
export async function readJournalAfter(
  db: Kysely<Tables>,
  community: string,
  epoch: string,
  clock: number,
): Promise<JournalRow[]> {
  const rows = db.selectFrom('journal').selectAll().where('community', '=', community).where('epoch', '=', epoch)
  return rows.where('clock', '>', clock).orderBy('clock').execute()
}

/** The whole journal of a community. */
export async function readJournal(db: Kysely<Tables>, community: string): Promise<JournalRow[]> {
  const rows = db.selectFrom('journal').selectAll().where('community', '=', community)
  return rows.orderBy('at').orderBy('clock').execute()
}

/** What waits and names a record in its payload; perhaps a few others too, so whoever asks reads the payload. */
export async function readHeldNaming(db: Kysely<Tables>, community: string, id: string): Promise<HeldRow[]> {
  const rows = db.selectFrom('held').selectAll().where('community', '=', community)
  return rows.where('raw', 'like', `%${id}%`).execute()
}

/**
 * The phones that hold a token, each with its record and report as JSON, and whether it has pulled in this history.
 */
export async function readLiveDevices(
  db: Kysely<Tables>,
  community: string,
): Promise<{ device: string; report: string | null; seen: boolean }[]> {
  const tokens = db.selectFrom('deviceToken').select('device').distinct().where('community', '=', community)
  const ids = (await tokens.where('state', '=', 'active').execute()).map((row) => row.device)
  const rows = await readRecords(
    db,
    community,
    ids.flatMap((id) => [
      { kind: 'device', id },
      { kind: 'deviceReport', id },
    ]),
  )
  const told = await db
    .selectFrom('membership')
    .select('device')
    .distinct()
    .where('community', '=', community)
    .execute()
  const seen = new Set(told.map((row) => row.device))
  const bodies = new Map(rows.filter((row) => !row.deleted).map((row) => [`${row.kind} ${row.id}`, row.body]))
  return ids.flatMap((id) => {
    const device = bodies.get(`device ${id}`)
    return device ? [{ device, report: bodies.get(`deviceReport ${id}`) ?? null, seen: seen.has(id) }] : []
  })
}
