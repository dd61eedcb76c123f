import type { Transaction } from 'kysely'
import { mayRead, type Entitlement } from '../src/domain/access.ts'
import { LIMITS } from '../src/protocol/limits.ts'
import type { WireChange } from '../src/protocol/sync.ts'
import { policyCacheOf } from './commitBatch.ts'
import type { ServerContext } from './context.ts'
import type { Backfill, Cursor } from './cursor.ts'
import { actorAt, entitlementOf } from './policy.ts'
import { putMembership, readMembership } from './storage/enrolments.ts'
import { backfillAfter, changesAfter, lockClock, readClock } from './storage/records.ts'
import type { RecordRow, Tables } from './storage/tables.ts'

export interface FeedPage {
  epoch: string
  membership: number
  changes: WireChange[]
  dropScopes: string[] | null
  cursor: Cursor
  reached: number
  more: boolean
}

export interface FeedDevice {
  community: string
  deviceId: string
  memberId: string
}

/** Stands for everything that the device may read: an officer's membership, and any first download. */
const EVERYTHING = '*'
/** More new scopes than this at once are downloaded as everything, so that a cursor stays short. */
const MOST_BACKFILLS = 20

/**
 * One page of what changed since a cursor, in the scopes the device may read now, by clock. Scopes that are new are
 * paged by their own key beside it; scopes that were lost are named (SYNC-6).
 *
 * Every row comes once, in its newest state and therefore at its newest clock: a row written at 5 may come at 900. So
 * the cursor's clock counts as reached only on a page that is the whole present, and until then a phone goes on showing
 * its own rows (docs/decisions/0011).
 */
export async function readFeed(
  server: ServerContext,
  device: FeedDevice,
  cursor: Cursor | null,
  limit: number = LIMITS.changesPerPage,
): Promise<FeedPage> {
  return server.storage.transaction(async (trx) => {
    const now = await readClock(trx, device.community)
    if (!now) throw new Error('unknown community')
    const policy = await policyCacheOf(server).read(trx, device.community)
    const moment = server.clock.now()
    const actor = actorAt(policy, device.community, device.memberId, device.deviceId, moment)
    const entitlement = entitlementOf(policy, actor, device.deviceId, moment)
    const { membership, added, lost } = await followMembership(trx, device, cursor, entitlement)
    const begun = beginOrContinue(cursor, now, added, entitlement)
    const page = await readPage(trx, device.community, entitlement, begun, now.clock, limit)
    const next: Cursor = { epoch: now.epoch, membership, ...page.position }
    const more = page.full || next.backfills.length > 0
    return {
      epoch: now.epoch,
      membership,
      changes: page.rows.filter((row) => mayRead(entitlement, row.scope)).map(toWire),
      dropScopes: lost,
      cursor: next,
      reached: more ? 0 : next.clock,
      more,
    }
  })
}

/** Compares what the device may read now with what its cursor was told, and takes the difference down under a version. */
async function followMembership(
  trx: Transaction<Tables>,
  device: FeedDevice,
  cursor: Cursor | null,
  entitlement: Entitlement,
): Promise<{ membership: number; added: string[]; lost: string[] | null }> {
  const scopes = entitlement.kind === 'all' ? [EVERYTHING, ...entitlement.own] : [...entitlement.scopes]
  const version = await membershipVersion(trx, device, JSON.stringify(scopes))
  if (!cursor) return { membership: version, added: [EVERYTHING], lost: [] }
  if (cursor.membership === version) return { membership: version, added: [], lost: [] }
  const told = await toldScopes(trx, device, cursor.membership)
  const between = new Set(told)
  // A page of a version in between may have been stored in part before the phone died: what it brought must go as well.
  for (let past = cursor.membership + 1; past < version; past++) {
    for (const scope of await toldScopes(trx, device, past)) between.add(scope)
  }
  // An officer who becomes a member keeps nothing but what the new scopes give: everything is dropped and filled anew.
  if (entitlement.kind === 'named' && between.has(EVERYTHING)) {
    return { membership: version, added: [EVERYTHING], lost: null }
  }
  const lost = [...between].filter((scope) => scope !== EVERYTHING && !mayRead(entitlement, scope))
  const added = scopes.filter((scope) => !told.includes(scope))
  return { membership: version, added: added.length > MOST_BACKFILLS ? [EVERYTHING] : added, lost }
}

async function membershipVersion(trx: Transaction<Tables>, device: FeedDevice, scopes: string): Promise<number> {
  const { community, deviceId } = device
  const seen = await readMembership(trx, community, deviceId)
  if (seen?.scopes === scopes) return seen.version
  // Two requests of one phone may notice the change at once; the clock's lock lets one of them write it down.
  await lockClock(trx, community)
  const latest = await readMembership(trx, community, deviceId)
  if (latest?.scopes === scopes) return latest.version
  const version = (latest?.version ?? 0) + 1
  await putMembership(trx, { community, device: deviceId, version, scopes })
  return version
}

async function toldScopes(trx: Transaction<Tables>, device: FeedDevice, version: number): Promise<string[]> {
  const row = await readMembership(trx, device.community, device.deviceId, version)
  return row ? (JSON.parse(row.scopes) as string[]) : []
}

type Position = Pick<Cursor, 'clock' | 'backfills'>

function beginOrContinue(
  cursor: Cursor | null,
  now: { clock: number },
  added: readonly string[],
  entitlement: Entitlement,
): Position {
  const fresh: Backfill[] = added.map((scope) => ({ scope, after: null }))
  // A first download stands at the present: whatever changes while it is paged comes by clock.
  if (!cursor) return { clock: now.clock, backfills: fresh }
  if (added.includes(EVERYTHING)) return { clock: cursor.clock, backfills: fresh }
  const readable = (scope: string) => scope === EVERYTHING || mayRead(entitlement, scope)
  const standing = cursor.backfills.filter(({ scope }) => !added.includes(scope) && readable(scope))
  return { clock: cursor.clock, backfills: [...standing, ...fresh] }
}

async function readPage(
  trx: Transaction<Tables>,
  community: string,
  entitlement: Entitlement,
  begun: Position,
  nowClock: number,
  limit: number,
): Promise<{ rows: RecordRow[]; position: Position; full: boolean }> {
  const rows = await changesAfter(trx, community, entitlement, begun.clock, Number.MAX_SAFE_INTEGER, limit)
  const last = rows[rows.length - 1]?.clock ?? 0
  const full = rows.length === limit
  // The clock was read before the rows, so a page that is not full holds everything up to it, and perhaps more.
  const clock = full ? last : Math.max(nowClock, last)
  const backfills = [...begun.backfills]
  while (rows.length < limit && backfills.length > 0) {
    const [first] = backfills
    const wanted = limit - rows.length
    const filter: Entitlement = first!.scope === EVERYTHING ? entitlement : { kind: 'named', scopes: [first!.scope] }
    const found = await backfillAfter(trx, community, filter, first!.after, wanted)
    rows.push(...found)
    const end = found[found.length - 1]
    if (found.length < wanted || !end) backfills.shift()
    else backfills[0] = { scope: first!.scope, after: { scope: end.scope, kind: end.kind, id: end.id } }
  }
  return { rows, position: { clock, backfills }, full }
}

function toWire(row: RecordRow): WireChange {
  const { kind, id, scope, clock } = row
  return { kind, id, scope, clock, body: row.deleted ? null : (JSON.parse(row.body) as { id: string }) }
}
