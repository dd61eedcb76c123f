import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Storage } from './openStorage.ts'
import type { HeldRow } from './records.ts'
import type { Tables } from './tables.ts'

/*
 * Rows about devices that are not records: tokens, one-time links, what a device was told it may read, and what waits
 * for it. Directory reads (settings, which communities there are) are the only ones that name no community.
 */

type Trx = Transaction<Tables>
type Reader = Kysely<Tables>

export type DeviceTokenRow = Selectable<Tables['deviceToken']>
export type EntryLinkRow = Selectable<Tables['entryLink']>

/** A setting of this installation, or the one that `make` gives it the first time. */
export async function settingOf(trx: Trx, name: string, make: () => string): Promise<string> {
  const row = await trx.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst()
  if (row) return row.value
  const value = make()
  await trx
    .insertInto('setting')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const stored = await trx.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirstOrThrow()
  return stored.value
}

/** The communities of this installation, in order of their ids. */
export async function listCommunities(db: Reader): Promise<string[]> {
  const rows = await db.selectFrom('clock').select('community').orderBy('community').execute()
  return rows.map((row) => row.community)
}

/** The enrolment that a token proves; `null` when nobody holds it. */
export async function readDeviceToken(
  db: Reader,
  community: string,
  tokenHash: string,
): Promise<DeviceTokenRow | null> {
  const query = db.selectFrom('deviceToken').selectAll().where('community', '=', community)
  return (await query.where('tokenHash', '=', tokenHash).executeTakeFirst()) ?? null
}

/** The token that this one follows; `null` when it follows none that is known. */
export async function readTokenBefore(
  db: Reader,
  community: string,
  tokenHash: string,
): Promise<DeviceTokenRow | null> {
  const query = db.selectFrom('deviceToken').selectAll().where('community', '=', community)
  return (await query.where('nextHash', '=', tokenHash).executeTakeFirst()) ?? null
}

/** Takes down by which token one will be followed. */
export async function putNextHash(db: Reader, community: string, tokenHash: string, nextHash: string): Promise<void> {
  const row = db.updateTable('deviceToken').set({ nextHash }).where('community', '=', community)
  await row.where('tokenHash', '=', tokenHash).execute()
}

/**
 * A token has followed another, which is good for a while yet. Dying between the two statements is harmless: the next
 * request does both again.
 *
 * @param endsAt until when the one before is good, ms
 */
export async function followToken(db: Reader, before: string, next: DeviceTokenRow, endsAt: number): Promise<void> {
  const ended = db.updateTable('deviceToken').set({ endsAt }).where('community', '=', next.community)
  await ended.where('tokenHash', '=', before).where('endsAt', 'is', null).execute()
  const added = db.insertInto('deviceToken').values(next)
  await added.onConflict((conflict) => conflict.columns(['community', 'tokenHash']).doNothing()).execute()
}

/** Drops tokens that ended before a moment (ms). @returns how many; with `dryRun` how many there are */
export async function dropTokens(
  storage: Storage,
  community: string,
  before: number,
  dryRun: boolean,
): Promise<number> {
  if (dryRun) {
    const query = storage.db.selectFrom('deviceToken').select('tokenHash').where('community', '=', community)
    return (await query.where('endsAt', '<', before).execute()).length
  }
  const query = storage.db.deleteFrom('deviceToken').where('community', '=', community).where('endsAt', '<', before)
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

/** Gives a device its token. */
export async function insertDeviceToken(trx: Trx, row: Insertable<Tables['deviceToken']>): Promise<void> {
  await trx.insertInto('deviceToken').values(row).execute()
}

/** When the youngest enrolment of a member began, ms; `null` for somebody who never enrolled. */
export async function readLastEnrolment(trx: Trx, community: string, member: string): Promise<number | null> {
  const rows = trx.selectFrom('deviceToken').where('community', '=', community).where('member', '=', member)
  const last = await rows.select('createdAt').orderBy('createdAt', 'desc').limit(1).executeTakeFirst()
  return last?.createdAt ?? null
}

/** Keeps the hash of a one-time link. */
export async function insertEntryLink(trx: Trx, row: Insertable<Tables['entryLink']>): Promise<void> {
  await trx.insertInto('entryLink').values(row).execute()
}

/** Drops one-time links that ended before a moment (ms). @returns how many; with `dryRun` how many there are */
export async function dropEntryLinks(
  storage: Storage,
  community: string,
  before: number,
  dryRun: boolean,
): Promise<number> {
  if (dryRun) {
    const query = storage.db.selectFrom('entryLink').select('tokenHash').where('community', '=', community)
    return (await query.where('expiresAt', '<', before).execute()).length
  }
  return storage.transaction(async (trx) => {
    const query = trx.deleteFrom('entryLink').where('community', '=', community).where('expiresAt', '<', before)
    return Number((await query.executeTakeFirst()).numDeletedRows)
  })
}

/** Uses a one-time link up: the row, or `null` when it is unknown, used or expired. Called under the clock's lock. */
export async function takeEntryLink(
  trx: Trx,
  community: string,
  tokenHash: string,
  now: number,
): Promise<EntryLinkRow | null> {
  const taken = trx
    .updateTable('entryLink')
    .set({ usedAt: now })
    .where('community', '=', community)
    .where('tokenHash', '=', tokenHash)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .returningAll()
  return (await taken.executeTakeFirst()) ?? null
}

/** What a device was last told it may read, or what it was told at one version. */
export async function readMembership(
  db: Reader,
  community: string,
  device: string,
  version?: number,
): Promise<{ version: number; scopes: string } | null> {
  const rows = db
    .selectFrom('membership')
    .select(['version', 'scopes'])
    .where('community', '=', community)
    .where('device', '=', device)
  const one = version === undefined ? rows.orderBy('version', 'desc').limit(1) : rows.where('version', '=', version)
  return (await one.executeTakeFirst()) ?? null
}

/** Takes down what a device is told it may read from now on. Called under the clock's lock. */
export async function putMembership(trx: Trx, row: Insertable<Tables['membership']>): Promise<void> {
  await trx.insertInto('membership').values(row).execute()
}

/** What a device pushed that waits for one reason, in the order of its lane. */
export async function readHeldOf(db: Reader, community: string, device: string, why: string): Promise<HeldRow[]> {
  const rows = db.selectFrom('held').selectAll().where('community', '=', community).where('device', '=', device)
  return rows.where('why', '=', why).orderBy('receivedAt').orderBy('n').execute()
}

/** One held payload by its command's id. */
export async function readHeldRow(db: Reader, community: string, commandId: string): Promise<HeldRow | null> {
  const row = db.selectFrom('held').selectAll().where('community', '=', community).where('id', '=', commandId)
  return (await row.executeTakeFirst()) ?? null
}

/** Replaces a stored answer by the one that was given later (SYNC-4). */
export async function updateAnswer(trx: Trx, community: string, commandId: string, answer: string): Promise<void> {
  const row = trx.updateTable('command').set({ answer }).where('community', '=', community)
  await row.where('id', '=', commandId).execute()
}

/**
 * Gives a held payload to another enrolment of the same member, so that what becomes of it is told to the phone that
 * still has it.
 *
 * @returns whether there was one to move
 */
export async function moveHeld(
  trx: Trx,
  community: string,
  commandId: string,
  to: { device: string; member: string; n: number },
): Promise<boolean> {
  const { device, member, n } = to
  const row = trx.updateTable('held').set({ device, n }).where('community', '=', community).where('id', '=', commandId)
  const moved = await row.where('member', '=', member).where('device', '<>', device).executeTakeFirst()
  return moved.numUpdatedRows > 0n
}

/** Where a waiting command stands among those of its community. */
export type HeldPlace = Pick<HeldRow, 'receivedAt' | 'n' | 'id'>

/** What waits for one of some reasons in the whole community, the longest waiting first, or what comes after a place. */
export async function readHeldWhy(
  db: Reader,
  community: string,
  why: readonly string[],
  limit: number,
  after: HeldPlace | null = null,
): Promise<HeldRow[]> {
  let rows = db.selectFrom('held').selectAll().where('community', '=', community).where('why', 'in', why)
  if (after) {
    const { receivedAt, n, id } = after
    rows = rows.where(sql<boolean>`("receivedAt", "n", "id") > (${receivedAt}, ${n}, ${id})`)
  }
  return rows.orderBy('receivedAt').orderBy('n').orderBy('id').limit(limit).execute()
}

/** A held command waits for something else from now on. */
export async function setHeldWhy(trx: Trx, community: string, commandId: string, why: string): Promise<void> {
  const row = trx.updateTable('held').set({ why }).where('community', '=', community)
  await row.where('id', '=', commandId).execute()
}

/** A setting of this installation; `null` when nobody made it. */
export async function readSetting(db: Reader, name: string): Promise<string | null> {
  const row = await db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst()
  return row?.value ?? null
}

/** Stores a setting of this installation. */
export async function putSetting(trx: Trx, name: string, value: string): Promise<void> {
  await trx
    .insertInto('setting')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}

/** Names a community's history anew. Called under the clock's lock. */
export async function renameEpoch(trx: Trx, community: string, epoch: string): Promise<void> {
  await trx.updateTable('clock').set({ epoch }).where('community', '=', community).execute()
}
