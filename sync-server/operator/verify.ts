import type { Transaction } from 'kysely'
import {
  applyToFacade,
  emptyFacade,
  facadeKey,
  isFacadeKind,
  type Facade,
  type FacadeEvent,
} from '../../src/domain/coverage/facade.ts'
import { canonicalJson } from '../../src/domain/hash.ts'
import type { Device } from '../../src/domain/records/device.ts'
import type { Erasure } from '../../src/domain/records/erasure.ts'
import type { Folded } from '../../src/domain/records/folded.ts'
import type { SessionTally } from '../../src/domain/records/sessionTally.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import { applyToTally, tallyOf } from '../../src/domain/service/tally.ts'
import { listCommunities } from '../storage/enrolments.ts'
import { countApplied } from '../storage/foldedRows.ts'
import { readJournal, type JournalRow } from '../storage/journal.ts'
import { backfillAfter, readClock, readProjections } from '../storage/records.ts'
import type { Tables } from '../storage/tables.ts'
import { atOneMoment } from './atOneMoment.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { withContext } from './withContext.ts'

interface Verified {
  community: string
  clock: number
  records: number
  facades: number
  /** Visits that stand as events, and visits that only count in folded rounds (SYNC-12). */
  visits: number
  folded: number
  faults: string[]
}

/**
 * `verify`: every clock is in its place, every façade and every evening's count equals the one worked out anew from its
 * events, folded and standing visits are all that were taken in, and nothing that was revoked or erased is back. It reads one moment of the data and holds nobody up.
 */
export async function verify(environment: Readonly<Record<string, string | undefined>>): Promise<OperatorAnswer> {
  const communities = await withContext(environment, async (server) => {
    const found: Verified[] = []
    for (const community of await listCommunities(server.storage.db)) {
      found.push(await atOneMoment(server, (trx) => verifyCommunity(trx, community)))
    }
    return found
  })
  const ok = communities.every(({ faults }) => faults.length === 0)
  const lines = communities.flatMap(({ community, clock, records, facades, faults }) => [
    `${community}: ${records} records up to clock ${clock}, ${facades} façades, ${faults.length} faults`,
    ...faults.map((fault) => `  ${fault}`),
  ])
  return { value: { ok, communities }, lines, ok }
}

async function verifyCommunity(db: Transaction<Tables>, community: string): Promise<Verified> {
  const clock = (await readClock(db, community))?.clock ?? 0
  const verified: Verified = { community, clock, records: 0, facades: 0, visits: 0, folded: 0, faults: [] }
  const redrawn = new Map<string, Facade>()
  const recounted = new Map<string, SessionTally>()
  const tallies = new Map<string, SessionTally>()
  const kept = new Map<string, Stairwell | Device>()
  let after: { scope: string; kind: string; id: string } | null = null
  for (;;) {
    const page = await backfillAfter(db, community, { kind: 'all', own: [] }, after, 2_000)
    for (const row of page) {
      verified.records++
      if (row.clock > clock) verified.faults.push(`${row.kind} ${row.id} has a clock that was never given out`)
      if (row.kind === 'sessionTally') tallies.set(row.id, JSON.parse(row.body) as SessionTally)
      if (row.kind === 'folded') verified.faults.push(...addFolded(verified, JSON.parse(row.body) as Folded))
      if (row.kind === 'visit') verified.visits++
      if (row.kind === 'stairwell' || row.kind === 'device') kept.set(row.id, JSON.parse(row.body) as Device)
      if (!isFacadeKind(row.kind)) continue
      const event = { kind: row.kind, before: null, after: JSON.parse(row.body) } as FacadeEvent
      redraw(redrawn, event)
      recount(recounted, event)
    }
    const last = page[page.length - 1]
    if (page.length < 2_000 || !last) break
    after = { scope: last.scope, kind: last.kind, id: last.id }
  }
  const stored = new Map(
    (await readProjections(db, community, 'facade', [...redrawn.keys()])).map((row) => [
      row.id,
      JSON.parse(row.body) as Facade,
    ]),
  )
  for (const [key, facade] of redrawn) {
    verified.facades++
    const known = stored.get(key)
    if (!known || canonicalJson(known.doors) !== canonicalJson(facade.doors)) {
      verified.faults.push(`façade ${key} differs from its events`)
    }
  }
  const applied = await countApplied(db, community, 'visit/record')
  if (verified.visits + verified.folded !== applied) {
    verified.faults.push(`${applied} visits were taken in, ${verified.visits} stand and ${verified.folded} were folded`)
  }
  verified.faults.push(...miscounted(recounted, tallies), ...broughtBack(await readJournal(db, community), kept))
  return verified
}

/** Marks that events make and an evening does not show. What it shows beside them outlived its events (SYNC-12). */
function miscounted(recounted: ReadonlyMap<string, SessionTally>, stored: ReadonlyMap<string, SessionTally>): string[] {
  return [...recounted].flatMap(([id, { visits }]) => {
    const known = stored.get(id)?.visits ?? {}
    const isSame = Object.entries(visits).every(([visitId, mark]) => {
      const standing = known[visitId]
      return standing !== undefined && canonicalJson(standing) === canonicalJson(mark)
    })
    return isSame ? [] : [`evening ${id} differs from its events`]
  })
}

/** What was folded and what still stands are together what was ever taken in. Each visit counts for one member. */
function addFolded(verified: Verified, { id, visits, voided, doors, members }: Folded): string[] {
  verified.folded += visits + voided
  const byMember = Object.values(members).reduce((sum, member) => sum + member.visits, 0)
  const isEven = byMember === visits && Object.keys(doors).length <= visits
  return isEven ? [] : [`the folded round ${id} counts ${visits} visits, and its members ${byMember}`]
}

/** What the journal says was revoked or erased, and stands there all the same (SYNC-14). */
function broughtBack(journal: readonly JournalRow[], kept: ReadonlyMap<string, Stairwell | Device>): string[] {
  return journal.flatMap(({ kind, id, body }) => {
    if (kind === 'device') {
      const device = kept.get(id) as Device | undefined
      return device && device.state !== 'revoked' ? [`device ${id} was revoked and is ${device.state}`] : []
    }
    if (kind !== 'erasure') return []
    const { subjectId, through } = JSON.parse(body) as Erasure
    const stairwell = kept.get(subjectId) as Stairwell | undefined
    const isBack = stairwell && stairwell.accessNote !== '' && stairwell.accessNoteRevision <= through
    return isBack ? [`the note of stairwell ${subjectId} was erased and stands`] : []
  })
}

function recount(tallies: Map<string, SessionTally>, event: FacadeEvent): void {
  const owner = tallyOf(event)
  if (!owner) return
  const { sessionId } = owner
  const tally = tallies.get(sessionId) ?? { id: sessionId, ...owner, visits: {} }
  tallies.set(sessionId, applyToTally(tally, event))
}

function redraw(facades: Map<string, Facade>, event: FacadeEvent): void {
  const { stairwellId, roundId } = event.after!
  const key = facadeKey(stairwellId, roundId)
  const facade = facades.get(key) ?? emptyFacade(stairwellId, roundId)
  applyToFacade(facade, event)
  facades.set(key, facade)
}
