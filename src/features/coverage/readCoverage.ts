import { momentOf, readPhone } from '../../db/database.ts'
import { here } from '../../db/here.ts'
import { readAll, readAssignments, readCommunity, readScope } from '../../db/read.ts'
import { communityScope } from '../../domain/record.ts'
import { bondAt, type Role } from '../../domain/records/member.ts'
import type { Round } from '../../domain/records/round.ts'
import { weighFreshness, wordLosses, type Freshness } from './freshness.ts'
import { buildStreet, type StreetHouse } from './street.ts'

/** The 进度 screen in one read: every figure on it belongs to the same moment. */
export interface Coverage {
  street: StreetHouse[]
  round: Round | null
  communityName: string
  role: Role
  freshness: Freshness
  /** What phones said they may have lost, in words. */
  losses: string[]
  /** By the server's clock as far as this phone knows it, ms. */
  now: number
}

/** The open round with the highest number, else the last one that was closed. */
export function chooseRound(rounds: readonly Round[]): Round | null {
  const latest = (some: readonly Round[]) => [...some].sort((left, right) => right.number - left.number)[0]
  return latest(rounds.filter((round) => round.state === 'open')) ?? latest(rounds) ?? null
}

/** Who looks, when, and how fresh this phone's figures are. */
export async function readStanding(): Promise<Pick<Coverage, 'round' | 'role' | 'freshness' | 'losses' | 'now'>> {
  const { database, memberId, deviceId, seam } = here()
  const [phone, rounds, members, reports, devices, losses] = await Promise.all([
    readPhone(database),
    readScope('round', communityScope),
    readScope('member', communityScope),
    readScope('deviceReport', communityScope),
    readAll('device'),
    readAll('phoneLoss'),
  ])
  const now = momentOf(phone, seam.clock.now())
  const me = members.find((member) => member.id === memberId)
  const role = (me && bondAt(me, now)?.role) ?? 'member'
  const left = new Set([deviceId, ...devices.filter(({ state }) => state === 'revoked').map(({ id }) => id)])
  const freshness = weighFreshness(reports, members, left, phone.syncedAt, now)
  return { round: chooseRound(rounds), role, freshness, losses: wordLosses(losses, members, now), now }
}

export async function readCoverage(): Promise<Coverage> {
  const standing = await readStanding()
  const { round, now } = standing
  const [stairwells, facades, folded, wishes, assignments, community] = await Promise.all([
    readAll('stairwell'),
    here().database.facades.toArray(),
    readAll('folded'),
    readAll('doNotKnock'),
    round ? readAssignments(round.id) : new Map(),
    readCommunity(),
  ])
  const street = buildStreet({ stairwells, facades, folded, roundId: round?.id ?? null, assignments, wishes, now })
  return { ...standing, street, communityName: community?.name ?? '' }
}
