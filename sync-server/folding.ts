import { remove } from '../src/domain/command.ts'
import { facadeKey } from '../src/domain/coverage/facade.ts'
import { foldInto, mayFold, noEvents, type RoundEvents } from '../src/domain/coverage/foldRound.ts'
import { put } from '../src/domain/put.ts'
import { privateScope, stairwellScope, type Change } from '../src/domain/record.ts'
import { mintFoldedId } from '../src/domain/records/folded.ts'
import type { Hold } from '../src/domain/records/hold.ts'
import type { Round } from '../src/domain/records/round.ts'
import { mintVisitDetailId } from '../src/domain/records/visitDetail.ts'
import { commitDeed } from './commitDeed.ts'
import type { ServerContext } from './context.ts'
import { listCommunities } from './storage/enrolments.ts'
import { dropFoldedRows, listRoundsIn, readRoundEvents } from './storage/foldedRows.ts'
import { readKindAfter } from './storage/records.ts'
import type { WorkingFacts } from './workingFacts.ts'

/** What a run came to: places are stairwells in a round. */
export interface FoldReport {
  places: number
  visits: number
  events: number
}

const NOTHING: FoldReport = { places: 0, visits: 0, events: 0 }
const STAIRWELLS_AT_ONCE = 50
const ROWS_AT_ONCE = 500

/**
 * Folds the events of rounds that ended long ago into one row per stairwell (SYNC-12), each stairwell in a transaction of
 * its own on the path of a command. It may be stopped anywhere and run anywhere at once: a stairwell is folded or it is
 * not, and what is found later is added by a later run.
 *
 * @param days how long events are kept after the end of their round
 * @param dryRun only counts
 */
export async function fold(server: ServerContext, days: number, dryRun = false): Promise<FoldReport> {
  let total = NOTHING
  for (const community of await listCommunities(server.storage.db)) {
    const closed = await closedRounds(server, community)
    if (closed.size === 0) continue
    const waiting = await stairwellsThatWait(server, community)
    for (let after = ''; ;) {
      const rows = await readKindAfter(server.storage.db, community, 'stairwell', after, STAIRWELLS_AT_ONCE)
      const scopes = rows.map(({ id }) => stairwellScope(id))
      for (const { scope, roundId } of await listRoundsIn(server.storage.db, community, scopes)) {
        const place = { stairwellId: scope.slice(2), roundId }
        if (!closed.has(roundId) || waiting.has(place.stairwellId)) continue
        const folded = await foldPlace(server, community, place, days, dryRun)
        total = sum(total, folded)
      }
      if (rows.length < STAIRWELLS_AT_ONCE) break
      after = rows.at(-1)!.id
    }
  }
  return total
}

async function closedRounds(server: ServerContext, community: string): Promise<ReadonlySet<string>> {
  const rounds = await allOf<Round>(server, community, 'round')
  return new Set(rounds.filter(({ state }) => state === 'closed').map(({ id }) => id))
}

/** Where a leader has still to decide of something: it may stand on a visit that would be gone. */
async function stairwellsThatWait(server: ServerContext, community: string): Promise<ReadonlySet<string>> {
  const waiting = (await allOf<Hold>(server, community, 'hold')).filter(({ state }) => state === 'waiting')
  return new Set(waiting.flatMap(({ stairwellId }) => stairwellId ?? []))
}

async function allOf<T>(server: ServerContext, community: string, kind: string): Promise<T[]> {
  const bodies: T[] = []
  for (let after = ''; ;) {
    const rows = await readKindAfter(server.storage.db, community, kind, after, ROWS_AT_ONCE)
    bodies.push(...rows.map((row) => JSON.parse(row.body) as T))
    if (rows.length < ROWS_AT_ONCE) return bodies
    after = rows.at(-1)!.id
  }
}

/** Folds one round in one stairwell, if its time has come. Everything is read under the lock, and written with it. */
async function foldPlace(
  server: ServerContext,
  community: string,
  place: { stairwellId: string; roundId: string },
  days: number,
  dryRun: boolean,
): Promise<FoldReport> {
  const { stairwellId, roundId } = place
  const scope = stairwellScope(stairwellId)
  const foldedId = mintFoldedId(roundId, stairwellId)
  return commitDeed(server, community, async (trx, facts) => {
    await facts.load([
      { row: { kind: 'round', id: roundId, scope: 'c' } },
      { row: { kind: 'folded', id: foldedId, scope } },
    ])
    const round = facts.get('round', roundId)
    const known = facts.get('folded', foldedId)
    const before = typeof known === 'object' ? known : null
    const rows = await readRoundEvents(trx, community, scope, roundId)
    const events = noEvents()
    for (const { kind, body } of rows) events[kind as keyof RoundEvents].push(JSON.parse(body) as never)
    const now = server.clock.now()
    const isTime = typeof round === 'object' && rows.length > 0 && mayFold(round, before, events, days, now)
    if (!isTime) return { changes: [], value: NOTHING }
    const value = { places: 1, visits: events.visit.length, events: rows.length }
    if (dryRun) return { changes: [], value }
    await dropFoldedRows(trx, community, rows, facadeKey(stairwellId, roundId))
    const changes = [put('folded', foldInto(before, place, events, now)), ...(await withoutDetails(facts, events))]
    return { changes, value }
  })
}

/** What only a visit's author knew of it goes with it. It lies in another scope, which may outlive this one on a phone. */
async function withoutDetails(facts: WorkingFacts, { visit }: RoundEvents): Promise<Change[]> {
  const details = visit.map(({ id, recordedBy }) => {
    return { kind: 'visitDetail' as const, id: mintVisitDetailId(id), scope: privateScope(recordedBy) }
  })
  await facts.load(details.map((row) => ({ row })))
  const standing = details.filter(({ id }) => typeof facts.get('visitDetail', id) === 'object')
  return standing.map(({ kind, id, scope }) => remove(kind, id, scope))
}

function sum(left: FoldReport, right: FoldReport): FoldReport {
  return {
    places: left.places + right.places,
    visits: left.visits + right.visits,
    events: left.events + right.events,
  }
}
