import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Entitlement } from '../../src/domain/access.ts'
import { assertStorableJson } from './statementRules.ts'
import { StatementFault } from './StorageTrouble.ts'
import type { RecordRow, Tables } from './tables.ts'

/*
 * The statements of the sync path. Each names the community, none joins across communities, and none is run once per
 * row. Whatever takes a `trx` is called under the lock of `lockClock`.
 */

type Trx = Transaction<Tables>
/** A transaction, or `db` itself for a read that needs no lock. */
type Reader = Kysely<Tables>
/** A row to store; its community is the function's own argument. */
type NewRow<T extends keyof Tables> = Readonly<Omit<Insertable<Tables[T]>, 'community'>>

export type CommandRow = Selectable<Tables['command']>
export type HeldRow = Selectable<Tables['held']>
export type ProjectionRow = Selectable<Tables['projection']>

/** What a feed may contain: named scopes, or everything that is neither private (`p:`) nor a device's (`d:`), and one's own. */
export type ScopeFilter = Entitlement

/** Rows in one statement: SQLite binds 32,766 values and PostgreSQL 65,535; longer texts only cost parsing. */
const ROWS_PER_STATEMENT = 500

function* chunksOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
    yield rows.slice(start, start + ROWS_PER_STATEMENT)
}

/** PostgreSQL refuses a key that comes twice in one upsert, SQLite takes the last: here both refuse. */
function assertKeysOnce(keys: readonly string[]): void {
  if (new Set(keys).size !== keys.length) throw new StatementFault('key_twice', 'one call changes one row twice')
}

// — The clock —

/**
 * The first statement of every writing transaction (SYNC-3): whoever holds this row is the community's only writer.
 *
 * @returns the last clock given out and the epoch of this history; `null` when the community does not exist.
 */
export async function lockClock(trx: Trx, community: string): Promise<{ clock: number; epoch: string } | null> {
  const locked = trx.selectFrom('clock').select(['clock', 'epoch']).where('community', '=', community).forUpdate()
  return (await locked.executeTakeFirst()) ?? null
}

/** The same without the lock, for the feed. */
export async function readClock(db: Reader, community: string): Promise<{ clock: number; epoch: string } | null> {
  const row = db.selectFrom('clock').select(['clock', 'epoch']).where('community', '=', community)
  return (await row.executeTakeFirst()) ?? null
}

/** Gives a new community its clock at 0. An existing one keeps its own. */
export async function startClock(trx: Trx, community: string, epoch: string): Promise<void> {
  await trx
    .insertInto('clock')
    .values({ community, clock: 0, epoch })
    .onConflict((conflict) => conflict.column('community').doNothing())
    .execute()
}

/** Stores the last clock given out. A clock only goes forward: one that does not was read without the lock. */
export async function advanceClock(trx: Trx, community: string, clock: number): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('clock')
    .set({ clock })
    .where('community', '=', community)
    .where('clock', '<', clock)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows !== 1n)
    throw new StatementFault('clock_backwards', 'the community has no clock or not an earlier one')
}

// — Records —

/** The rows of these keys, tombstones included, in no particular order; a key without a row is simply missing. */
export async function readRecords(
  db: Reader,
  community: string,
  keys: readonly { kind: string; id: string }[],
): Promise<RecordRow[]> {
  const found: RecordRow[] = []
  for (const chunk of chunksOf(keys)) {
    const wanted = sql.join(chunk.map(({ kind, id }) => sql`(${kind}, ${id})`))
    const rows = await db
      .selectFrom('record')
      .selectAll()
      .where('community', '=', community)
      .where(sql<boolean>`("kind", "id") in (values ${wanted})`)
      .execute()
    found.push(...rows)
  }
  return found
}

/** The live rows of one kind in one scope, by id, at most `limit`. */
export async function readRange(
  db: Reader,
  community: string,
  scope: string,
  kind: string,
  limit: number,
): Promise<RecordRow[]> {
  return db
    .selectFrom('record')
    .selectAll()
    .where('community', '=', community)
    .where('scope', '=', scope)
    .where('kind', '=', kind)
    .where('deleted', '=', 0)
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Rows of one kind in any scope by id, from behind an id on; tombstones are left out. */
export async function readKindAfter(
  db: Reader,
  community: string,
  kind: string,
  after: string,
  limit: number,
): Promise<RecordRow[]> {
  const rows = db.selectFrom('record').selectAll().where('community', '=', community).where('kind', '=', kind)
  return rows.where('id', '>', after).where('deleted', '=', 0).orderBy('id').limit(limit).execute()
}

/** The clock of the last change to any record of these kinds, tombstones included; 0 when there is none. */
export async function lastClockOf(db: Reader, community: string, kinds: readonly string[]): Promise<number> {
  if (kinds.length === 0) return 0
  // One seek at the end of an index range per kind; a single max over `kind in (…)` would walk all their rows.
  const row = await db
    .selectNoFrom((eb) =>
      kinds.map((kind, index) =>
        eb
          .selectFrom('record')
          .select('clock')
          .where('community', '=', community)
          .where('kind', '=', kind)
          .orderBy('clock', 'desc')
          .limit(1)
          .as(`last${index}`),
      ),
    )
    .executeTakeFirstOrThrow()
  return Math.max(0, ...Object.values(row as Record<string, number | null>).map((clock) => clock ?? 0))
}

/**
 * Inserts or replaces records. A key may come once a call, each row with a clock of its own.
 *
 * @throws StatementFault `scope_changed` when a row would move to another scope, `not_unique` when a clock is taken.
 */
export async function putRecords(trx: Trx, community: string, rows: readonly NewRow<'record'>[]): Promise<void> {
  assertKeysOnce(rows.map(({ kind, id }) => `${kind}\n${id}`))
  for (const { body } of rows) assertStorableJson(body)
  for (const chunk of chunksOf(rows)) {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('record')
      .values(chunk.map((row) => ({ ...row, community })))
      .onConflict((conflict) =>
        conflict
          .columns(['community', 'kind', 'id'])
          .doUpdateSet((eb) => ({
            clock: eb.ref('excluded.clock'),
            deleted: eb.ref('excluded.deleted'),
            body: eb.ref('excluded.body'),
          }))
          .whereRef('record.scope', '=', 'excluded.scope'),
      )
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows !== BigInt(chunk.length)) {
      throw new StatementFault('scope_changed', 'a record never changes its scope')
    }
  }
}

// — Feeds —

/**
 * Up to here a phone is nearly up to date, and walking everybody's few changes is cheapest; beyond, the feed gathers the
 * changes of the phone's own scopes and sorts them, so that a month offline does not read a month of the whole community.
 */
const NEARLY_UP_TO_DATE = 500

/**
 * A page of the change feed (SYNC-6): newest states with `after < clock ≤ upTo` in these scopes, tombstones included,
 * by clock.
 */
export async function changesAfter(
  db: Reader,
  community: string,
  filter: ScopeFilter,
  after: number,
  upTo: number,
  limit: number,
): Promise<RecordRow[]> {
  if (filter.kind === 'named' && filter.scopes.length === 0) return []
  const byScope = filter.kind === 'named' && upTo - after > NEARLY_UP_TO_DATE
  return (
    db
      .selectFrom('record')
      .selectAll()
      .where('community', '=', community)
      .where('clock', '>', after)
      .where('clock', '<=', upTo)
      .where(withinScopes(filter))
      // The same order twice: the sum keeps SQLite from walking the clock's own index to save itself a small sort.
      .orderBy(byScope ? sql`"clock" + 0` : 'clock')
      .limit(limit)
      .execute()
  )
}

/**
 * A page of the first download of these scopes: live rows by (scope, kind, id) after a key, `null` for the first page.
 */
export async function backfillAfter(
  db: Reader,
  community: string,
  filter: ScopeFilter,
  after: { scope: string; kind: string; id: string } | null,
  limit: number,
): Promise<RecordRow[]> {
  if (filter.kind === 'named' && filter.scopes.length === 0) return []
  const live = db.selectFrom('record').selectAll().where('community', '=', community).where('deleted', '=', 0)
  const within = live.where(withinScopes(filter))
  const page = after ? within.where(laterThan(filter, after)) : within
  return page.orderBy('scope').orderBy('kind').orderBy('id').limit(limit).execute()
}

function laterThan(filter: ScopeFilter, after: { scope: string; kind: string; id: string }) {
  const { scope, kind, id } = after
  // Within one scope the shorter key continues the index range of the scope; SQLite would walk it from its start.
  const oneScope = filter.kind === 'named' && filter.scopes.length === 1 && filter.scopes[0] === scope
  return oneScope
    ? sql<boolean>`("kind", "id") > (${kind}, ${id})`
    : sql<boolean>`("scope", "kind", "id") > (${scope}, ${kind}, ${id})`
}

function withinScopes(filter: ScopeFilter) {
  if (filter.kind === 'named') {
    return filter.scopes.length === 1
      ? sql<boolean>`"scope" = ${filter.scopes[0]}`
      : sql<boolean>`"scope" in (${sql.join(filter.scopes)})`
  }
  const isOpen = sql<boolean>`substr("scope", 1, 2) not in ('p:', 'd:')`
  return filter.own.length === 0 ? isOpen : sql<boolean>`(${isOpen} or "scope" in (${sql.join(filter.own)}))`
}

// — Commands and lanes —

/** Stores commands with their answers, for ever. @throws StatementFault `not_unique` when an id is known (SYNC-2). */
export async function insertCommands(trx: Trx, community: string, rows: readonly NewRow<'command'>[]): Promise<void> {
  for (const chunk of chunksOf(rows)) {
    const values = chunk.map((row) => ({ ...row, community }))
    await trx.insertInto('command').values(values).execute()
  }
}

/** The commands of these ids that were ever taken in, with their answers. */
export async function readCommands(db: Reader, community: string, ids: readonly string[]): Promise<CommandRow[]> {
  const found: CommandRow[] = []
  for (const chunk of chunksOf(ids)) {
    const query = db.selectFrom('command').selectAll().where('community', '=', community).where('id', 'in', chunk)
    found.push(...(await query.execute()))
  }
  return found
}

/** The last `n` taken in of one incarnation of a device; `null` when nothing of it has been seen. */
export async function readLane(
  db: Reader,
  community: string,
  device: string,
  incarnation: string,
): Promise<number | null> {
  const row = await db
    .selectFrom('lane')
    .select('lastN')
    .where('community', '=', community)
    .where('device', '=', device)
    .where('incarnation', '=', incarnation)
    .executeTakeFirst()
  return row?.lastN ?? null
}

/** Stores the last `n` taken in. */
export async function putLane(
  trx: Trx,
  community: string,
  device: string,
  incarnation: string,
  lastN: number,
): Promise<void> {
  await trx
    .insertInto('lane')
    .values({ community, device, incarnation, lastN })
    .onConflict((conflict) => conflict.columns(['community', 'device', 'incarnation']).doUpdateSet({ lastN }))
    .execute()
}

// — Held payloads —

/** Keeps raw payloads that wait for a person, a confirmation or a newer server. */
export async function putHeld(trx: Trx, community: string, rows: readonly NewRow<'held'>[]): Promise<void> {
  for (const chunk of chunksOf(rows)) {
    const values = chunk.map((row) => ({ ...row, community }))
    await trx.insertInto('held').values(values).execute()
  }
}

/** Takes held payloads out, for good with the commit of `trx`. */
export async function takeHeld(trx: Trx, community: string, ids: readonly string[]): Promise<HeldRow[]> {
  const taken: HeldRow[] = []
  for (const chunk of chunksOf(ids)) {
    const query = trx.deleteFrom('held').where('community', '=', community).where('id', 'in', chunk).returningAll()
    taken.push(...(await query.execute()))
  }
  return taken
}

// — Projections —

/** The projections of one kind with these ids. */
export async function readProjections(
  db: Reader,
  community: string,
  kind: string,
  ids: readonly string[],
): Promise<ProjectionRow[]> {
  const found: ProjectionRow[] = []
  for (const chunk of chunksOf(ids)) {
    const query = db.selectFrom('projection').selectAll().where('community', '=', community).where('kind', '=', kind)
    found.push(...(await query.where('id', 'in', chunk).execute()))
  }
  return found
}

/** Inserts or replaces projections of one kind. An id may come once a call. */
export async function putProjections(
  trx: Trx,
  community: string,
  kind: string,
  rows: readonly { id: string; body: string }[],
): Promise<void> {
  assertKeysOnce(rows.map(({ id }) => id))
  for (const { body } of rows) assertStorableJson(body)
  for (const chunk of chunksOf(rows)) {
    await trx
      .insertInto('projection')
      .values(chunk.map(({ id, body }) => ({ community, kind, id, body })))
      .onConflict((conflict) =>
        conflict.columns(['community', 'kind', 'id']).doUpdateSet((eb) => ({ body: eb.ref('excluded.body') })),
      )
      .execute()
  }
}

/** Live invitations with this hash of their secret or of their short code. */
export async function findInvites(
  db: Reader,
  community: string,
  field: 'secretHash' | 'codeHash',
  hash: string,
): Promise<RecordRow[]> {
  return db
    .selectFrom('record')
    .selectAll()
    .where('community', '=', community)
    .where('kind', '=', 'invite')
    .where('deleted', '=', 0)
    .where(sql<boolean>`"body" ->> ${sql.lit(field)} = ${hash}`)
    .execute()
}
