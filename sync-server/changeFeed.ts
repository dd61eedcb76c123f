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

/** The one backfill of an officer, who reads everything but what is private to others. */
const EVERYTHING = '*'

/**
 * One page of what changed since a cursor, in the scopes the device may read now. The first page of a window fixes its
 * end; scopes that are new are paged by their own key beside it; scopes that were lost are named (SYNC-6).
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
    const entitlement: Entitlement = actor ? entitlementOf(policy, actor, moment) : { kind: 'named', scopes: [] }
    const { membership, added, lost } = await followMembership(trx, device, cursor, entitlement)
    const begun = beginOrContinue(cursor, now, added, entitlement)
    const page = await readPage(trx, device.community, entitlement, begun, limit)
    const next: Cursor = { epoch: now.epoch, membership, ...page.position }
    return {
      epoch: now.epoch,
      membership,
      changes: page.rows.filter((row) => mayRead(entitlement, row.scope)).map(toWire),
      dropScopes: lost,
      cursor: next,
      reached: next.clock,
      more: next.window !== null || next.backfills.length > 0,
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
  if (!cursor) return { membership: version, added: scopes, lost: [] }
  const told = cursor.membership === version ? scopes : await toldScopes(trx, device, cursor.membership)
  const added = scopes.filter((scope) => !told.includes(scope))
  const lost =
    told.includes(EVERYTHING) && !scopes.includes(EVERYTHING) ? null : told.filter((s) => !scopes.includes(s))
  // An officer who becomes a member keeps nothing but what the new scopes give: everything is dropped and filled anew.
  return { membership: version, added: lost === null ? scopes : added, lost }
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

type Position = Pick<Cursor, 'clock' | 'window' | 'backfills'>

function beginOrContinue(
  cursor: Cursor | null,
  now: { clock: number },
  added: readonly string[],
  entitlement: Entitlement,
): Position {
  const fresh: Backfill[] = added.map((scope) => ({ scope, after: null }))
  const readable = (scope: string) => (scope === EVERYTHING ? entitlement.kind === 'all' : mayRead(entitlement, scope))
  if (!cursor) return { clock: now.clock, window: null, backfills: fresh }
  const standing = cursor.backfills.filter(({ scope }) => !added.includes(scope) && readable(scope))
  const window = cursor.window ?? (now.clock > cursor.clock ? { upTo: now.clock, after: cursor.clock } : null)
  return { clock: cursor.clock, window, backfills: [...standing, ...fresh] }
}

async function readPage(
  trx: Transaction<Tables>,
  community: string,
  entitlement: Entitlement,
  begun: Position,
  limit: number,
): Promise<{ rows: RecordRow[]; position: Position }> {
  const rows: RecordRow[] = []
  let { clock, window } = begun
  if (window) {
    const found = await changesAfter(trx, community, entitlement, window.after, window.upTo, limit)
    rows.push(...found)
    if (found.length < limit) {
      clock = window.upTo
      window = null
    } else {
      window = { upTo: window.upTo, after: found[found.length - 1]!.clock }
    }
  }
  const backfills = [...begun.backfills]
  while (rows.length < limit && backfills.length > 0) {
    const [first] = backfills
    const wanted = limit - rows.length
    const filter: Entitlement = first!.scope === EVERYTHING ? entitlement : { kind: 'named', scopes: [first!.scope] }
    const found = await backfillAfter(trx, community, filter, first!.after, wanted)
    rows.push(...found)
    const last = found[found.length - 1]
    if (found.length < wanted || !last) backfills.shift()
    else backfills[0] = { scope: first!.scope, after: { scope: last.scope, kind: last.kind, id: last.id } }
  }
  return { rows, position: { clock, window, backfills } }
}

function toWire(row: RecordRow): WireChange {
  const { kind, id, scope, clock } = row
  return { kind, id, scope, clock, body: row.deleted ? null : (JSON.parse(row.body) as { id: string }) }
}
