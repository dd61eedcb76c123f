import type { Transaction } from 'kysely'
import { currentAssignments, entitle, type Entitlement } from '../src/domain/access.ts'
import type { Actor } from '../src/domain/command.ts'
import { grantAt, type Assignment } from '../src/domain/records/assignment.ts'
import { bondAt, type Member } from '../src/domain/records/member.ts'
import type { Round } from '../src/domain/records/round.ts'
import type { ServerContext } from './context.ts'
import { lastClockOf, readRange } from './storage/records.ts'
import type { Tables } from './storage/tables.ts'

/** The bonds and grants of one community: all that decides who may do and read what. */
export interface Policy {
  clock: number
  members: ReadonlyMap<string, Member>
  /** Assignments of every round, by stairwell. */
  assignments: ReadonlyMap<string, readonly Assignment[]>
  openRounds: ReadonlySet<string>
}

const POLICY_KINDS = ['member', 'assignment', 'round'] as const
const MOST_ROWS = 50_000

/**
 * Reads a community's policy, from memory while no bond or grant has changed since. The check reads one clock, so any
 * number of processes on one database agree.
 */
export class PolicyCache {
  readonly #known = new Map<string, Policy>()
  readonly #clock: ServerContext['clock']

  /** @param clock learns from every bond and grant that is read */
  constructor(clock: ServerContext['clock']) {
    this.#clock = clock
  }

  async read(trx: Transaction<Tables>, community: string): Promise<Policy> {
    const clock = await lastClockOf(trx, community, POLICY_KINDS)
    const known = this.#known.get(community)
    if (known?.clock === clock) return known
    const members = await readRange(trx, community, 'c', 'member', MOST_ROWS)
    const assignments = await readRange(trx, community, 'c', 'assignment', MOST_ROWS)
    const rounds = await readRange(trx, community, 'c', 'round', MOST_ROWS)
    const policy = buildPolicy(
      clock,
      members.map((row) => JSON.parse(row.body) as Member),
      assignments.map((row) => JSON.parse(row.body) as Assignment),
      rounds.map((row) => JSON.parse(row.body) as Round),
    )
    this.#known.set(community, policy)
    for (const { bonds } of policy.members.values()) this.#clock.follow?.(bonds)
    for (const { grants } of [...policy.assignments.values()].flat()) this.#clock.follow?.(grants)
    return policy
  }
}

export function buildPolicy(
  clock: number,
  members: readonly Member[],
  assignments: readonly Assignment[],
  rounds: readonly Round[],
): Policy {
  const byStairwell = new Map<string, Assignment[]>()
  for (const entry of assignments) {
    const list = byStairwell.get(entry.stairwellId)
    if (list) list.push(entry)
    else byStairwell.set(entry.stairwellId, [entry])
  }
  const openRounds = new Set(rounds.filter((round) => round.state === 'open').map((round) => round.id))
  return { clock, members: new Map(members.map((entry) => [entry.id, entry])), assignments: byStairwell, openRounds }
}

/**
 * The actor of a bond that has ended, or of one that was over as it began and left no interval: for a deed that a person
 * let count all the same.
 */
export function lastActor(policy: Policy, community: string, memberId: string, deviceId: string): Actor {
  const { role, teamId } = policy.members.get(memberId)?.bonds.at(-1) ?? { role: 'member', teamId: null }
  return { communityId: community, memberId, deviceId, role, teamId }
}

/** The actor as the bond of a moment makes it; `null` when no bond held then. */
export function actorAt(
  policy: Policy,
  community: string,
  memberId: string,
  deviceId: string,
  moment: number,
): Actor | null {
  const member = policy.members.get(memberId)
  const bond = member && bondAt(member, moment)
  return bond ? { communityId: community, memberId, deviceId, role: bond.role, teamId: bond.teamId } : null
}

/** The scopes that a device may read at a moment, for the actor that it then is; `null` when no bond held. */
export function entitlementOf(policy: Policy, actor: Actor | null, deviceId: string, moment: number): Entitlement {
  const stairwells: string[] = []
  const teamId = actor?.teamId ?? null
  if (teamId !== null) {
    for (const [stairwellId, entries] of policy.assignments) {
      const current = currentAssignments(entries, policy.openRounds)
      if (current.some((entry) => grantAt(entry, moment)?.teamId === teamId)) stairwells.push(stairwellId)
    }
  }
  const mates = [...policy.members.values()].filter((member) => bondAt(member, moment)?.teamId === teamId)
  return entitle(
    actor,
    deviceId,
    stairwells,
    mates.map((member) => member.id),
  )
}
