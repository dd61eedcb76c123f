import { readOne, readOpenSession, readScope } from '../../db/read.ts'
import { readLastDeed } from '../../db/readLastDeed.ts'
import { here } from '../../db/here.ts'
import { readPhone } from '../../db/database.ts'
import { compareNames, comparePlaces } from '../../domain/coverage/comparePlaces.ts'
import { retryTonight } from '../../domain/coverage/retryTonight.ts'
import { communityScope, memberScope } from '../../domain/record.ts'
import { mintServiceRecordId, type ServiceRecord } from '../../domain/records/serviceRecord.ts'
import type { Session } from '../../domain/records/session.ts'
import type { Stairwell } from '../../domain/records/stairwell.ts'
import { endOfEvening } from '../../domain/service/endOfEvening.ts'
import { summarise, type EveningSummary } from '../../domain/service/summarise.ts'

/** Doors of one stairwell to try once more on the way down. */
export interface RetryStairwell {
  place: Pick<Stairwell, 'id' | 'estate' | 'building' | 'stairwell'>
  doors: { id: string; label: string }[]
}

/** One evening, under way or submitted. Times are ms on the server's clock. */
export interface Evening {
  session: Session
  /** When it ended, or would end if it were submitted now. */
  endedAt: number
  /** Whether that is earlier than now, because the last knock was long ago. */
  endsEarlier: boolean
  minutes: number
  summary: EveningSummary
  partners: string[]
  retry: RetryStairwell[]
  record: ServiceRecord | null
}

/** The evening that is under way, else the last one that was submitted; `null` when there never was one. */
export async function readEvening(): Promise<Evening | null> {
  const { memberId, database, seam } = here()
  const now = seam.clock.now() - (await readPhone(database)).offsetMs
  const session = (await readOpenSession()) ?? (await readLastSession(memberId))
  if (!session) return null
  const tally = await readOne('sessionTally', session.id)
  const record = (await readOne('serviceRecord', mintServiceRecordId(session.id))) ?? null
  const endedAt = session.endedAt ?? endOfEvening(session.startedAt, await readLastDeed(session.startedAt), now)
  const members = await readScope('member', communityScope)
  return {
    session,
    endedAt,
    endsEarlier: session.endedAt === null && endedAt < now,
    minutes: record?.minutes ?? Math.min(1440, Math.round((endedAt - session.startedAt) / 60_000)),
    summary: summarise(tally),
    partners: members.filter((member) => session.partnerIds.includes(member.id)).map((member) => member.name),
    retry: session.endedAt === null ? await readRetry(retryTonight(tally)) : [],
    record,
  }
}

async function readLastSession(memberId: string): Promise<Session | undefined> {
  const sessions = await readScope('session', memberScope(memberId))
  return sessions.sort((left, right) => right.startedAt - left.startedAt)[0]
}

async function readRetry(doors: ReturnType<typeof retryTonight>): Promise<RetryStairwell[]> {
  const retry: RetryStairwell[] = []
  for (const stairwellId of new Set(doors.map((door) => door.stairwellId))) {
    const layout = await readOne('stairwell', stairwellId)
    if (!layout) continue
    const ids = new Set(doors.filter((door) => door.stairwellId === stairwellId).map((door) => door.doorId))
    const { id, estate, building, stairwell } = layout
    // From the top down, as the member walks.
    const standing = layout.doors.filter((door) => ids.has(door.id) && door.state !== 'retired')
    standing.sort((left, right) => right.level - left.level || compareNames(left.label, right.label))
    retry.push({ place: { id, estate, building, stairwell }, doors: standing.map(({ id, label }) => ({ id, label })) })
  }
  return retry.filter((entry) => entry.doors.length > 0).sort((left, right) => comparePlaces(left.place, right.place))
}
