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
import { listCommunities } from '../storage/enrolments.ts'
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
  faults: string[]
}

/** `verify`: every clock is in its place, and every façade equals the one drawn anew from its events. */
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
  const verified: Verified = { community, clock, records: 0, facades: 0, faults: [] }
  const redrawn = new Map<string, Facade>()
  let after: { scope: string; kind: string; id: string } | null = null
  for (;;) {
    const page = await backfillAfter(db, community, { kind: 'all', own: [] }, after, 2_000)
    for (const row of page) {
      verified.records++
      if (row.clock > clock) verified.faults.push(`${row.kind} ${row.id} has a clock that was never given out`)
      if (isFacadeKind(row.kind))
        redraw(redrawn, { kind: row.kind, before: null, after: JSON.parse(row.body) } as FacadeEvent)
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
  return verified
}

function redraw(facades: Map<string, Facade>, event: FacadeEvent): void {
  const { stairwellId, roundId } = event.after!
  const key = facadeKey(stairwellId, roundId)
  const facade = facades.get(key) ?? emptyFacade(stairwellId, roundId)
  applyToFacade(facade, event)
  facades.set(key, facade)
}
