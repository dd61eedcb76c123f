import type { Kysely, Transaction } from 'kysely'
import type { Device } from '../src/domain/records/device.ts'
import type { DeviceReport } from '../src/domain/records/deviceReport.ts'
import { DAY_MS, LIMITS } from '../src/protocol/limits.ts'
import { writeChanges } from './commitDeed.ts'
import type { ServerContext } from './context.ts'
import { FORMER_MS } from './epoch.ts'
import { Holds } from './Holds.ts'
import { applyJournal, withoutRevoked } from './journal.ts'
import { Judge } from './Judge.ts'
import { buildPolicy } from './policy.ts'
import { listCommunities, putSetting, readSetting } from './storage/enrolments.ts'
import { addToJournal, readLiveDevices, type JournalRow } from './storage/journal.ts'
import { lockClock } from './storage/records.ts'
import type { Tables } from './storage/tables.ts'
import { WorkingFacts } from './workingFacts.ts'

/** What a restore leaves behind: until the window ends, phones may still bring what the backup does not know. */
interface Recovery {
  /** When the backup was made and when it took the place of what was there; the server's time, ms. */
  madeAt: number
  restoredAt: number
  /** Members' phones that might still bring something: they were in use before the backup and not seen since. */
  missing: { deviceId: string; memberId: string }[]
}

/** The history of a backup, how far it goes and when it was made, and when it was brought back (ms). */
interface RestoredFrom {
  epoch: string
  clock: number
  madeAt: number
  restoredAt: number
}

const nameOf = (community: string): string => `restored.${community}`

/**
 * Makes a community that was just brought back keep to its journal: what was revoked stays revoked, what was erased stays
 * erased, also in what waits for a person (SYNC-14). Called in the transaction of the restore, under its new epoch.
 */
export async function bringJournal(
  trx: Transaction<Tables>,
  server: ServerContext,
  community: string,
  entries: readonly JournalRow[],
  from: RestoredFrom,
): Promise<void> {
  await addToJournal(
    trx,
    community,
    entries.map(({ community: _own, ...entry }) => entry),
  )
  const begun = await lockClock(trx, community)
  if (!begun) throw new Error('unknown community')
  const facts = new WorkingFacts(trx, community)
  const guard = withoutRevoked.bind(null, trx, community)
  const judge = new Judge(community, facts, buildPolicy(0, [], [], []), from.restoredAt, guard)
  const holds = new Holds(server, trx, community, facts, judge, from.restoredAt)
  for (const change of await applyJournal(facts, entries, from)) {
    if (change.kind === 'erasure') await holds.release(change)
  }
  const { clocks } = await writeChanges(trx, community, { ...begun, at: from.restoredAt }, facts)
  await holds.writeAnswers((keys) => keys.reduce((last, key) => Math.max(last, clocks.get(key) ?? 0), begun.clock))
  const { madeAt, restoredAt } = from
  await putSetting(trx, nameOf(community), JSON.stringify({ madeAt, restoredAt }))
}

type Restore = Pick<Recovery, 'madeAt' | 'restoredAt'>

/** The last restore of a community, as long as its window is open. */
async function readRestore(db: Kysely<Tables>, community: string, now: number): Promise<Restore | null> {
  const said = await readSetting(db, nameOf(community))
  const restore = said === null ? null : (JSON.parse(said) as Restore)
  return restore && now - restore.restoredAt < FORMER_MS ? restore : null
}

/** When the last window of this installation closes, ms on the server's clock; `null` when none is open. */
export async function readRecoveryEnd(db: Kysely<Tables>, now: number): Promise<number | null> {
  let until: number | null = null
  for (const community of await listCommunities(db)) {
    const restore = await readRestore(db, community, now)
    if (restore) until = Math.max(until ?? 0, restore.restoredAt + FORMER_MS)
  }
  return until
}

/** What is known of the last restore while its window is open; `null` after it and without one. */
export async function readRecovery(db: Kysely<Tables>, community: string, now: number): Promise<Recovery | null> {
  const restore = await readRestore(db, community, now)
  if (!restore) return null
  const { madeAt, restoredAt } = restore
  // Who was told what may be read has asked for a page in this history; nobody else has a row there.
  const devices = await readLiveDevices(db, community)
  const missing = devices.flatMap(({ device, report, seen }) => {
    const { id, memberId, state, enrolledAt } = JSON.parse(device) as Device
    const { reportedAt } = JSON.parse(report ?? '{}') as Partial<DeviceReport>
    // Older commands are not kept on any phone, so a phone that was silent for longer brings nothing.
    const wasInUse = Math.max(enrolledAt, reportedAt ?? 0) >= madeAt - LIMITS.reofferDays * DAY_MS
    return state === 'active' && !seen && wasInUse && enrolledAt <= restoredAt ? [{ deviceId: id, memberId }] : []
  })
  return { madeAt, restoredAt, missing }
}
