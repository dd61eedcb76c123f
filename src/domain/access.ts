import type { Actor } from './command.ts'
import { communityScope, deviceScope, memberScope, privateScope, stairwellScope, teamScope } from './record.ts'
import type { Scope } from './record.ts'
import { grantAt, type Assignment } from './records/assignment.ts'
import type { Role } from './records/member.ts'
import type { Args, Verb } from './verbs.ts'

/**
 * Who may do what: the one policy table. A verb that is not in it does not compile; whatever is not allowed is denied.
 *
 * - `roles`: who may use the verb at all.
 * - `granted`: the actor's team must have held the stairwell at the command's effective time, else it is held (SYNC-5).
 * - `heldNow`: the leader's team must hold the stairwell now; without that the answer is no.
 * - `ownTeam`: a leader only touches what belongs to the own team; officers are free of it.
 */
export interface Rule<V extends Verb> {
  roles: readonly Role[]
  granted?: true
  heldNow?: true
  ownTeam?: (args: Args<V>) => string | null
  roleGiven?: (args: Args<V>) => Role
}

const everyone: readonly Role[] = ['member', 'leader', 'officer']
const leaders: readonly Role[] = ['leader', 'officer']
const officers: readonly Role[] = ['officer']

export const POLICY: { readonly [V in Verb]: Rule<V> } = {
  'assignment/save': { roles: leaders, heldNow: true, ownTeam: ({ teamId }) => teamId },
  'community/save': { roles: officers },
  'device/confirm': { roles: leaders, ownTeam: ({ teamId }) => teamId },
  'device/report-loss': { roles: everyone },
  'device/revoke': { roles: leaders, ownTeam: ({ teamId }) => teamId },
  'door/add': { roles: everyone, granted: true },
  'door/confirm': { roles: leaders, heldNow: true },
  'door/do-not-knock': { roles: officers },
  'door/rename': { roles: everyone, granted: true },
  'door/retire': { roles: everyone, granted: true },
  'hold/settle': { roles: leaders, ownTeam: ({ teamId }) => teamId },
  'invite/create': { roles: leaders, ownTeam: ({ teamId }) => teamId, roleGiven: ({ role }) => role },
  'invite/withdraw': { roles: leaders, ownTeam: ({ teamId }) => teamId },
  'member/bond': { roles: officers },
  'quiz/record': { roles: everyone, granted: true },
  'roster/import-stairwell': { roles: officers },
  'round/save': { roles: officers },
  'session/end': { roles: everyone },
  'session/start': { roles: everyone },
  'stairwell/access-note': { roles: everyone, granted: true },
  'stairwell/redact-note': { roles: everyone, heldNow: true },
  'team/save': { roles: officers },
  'visit/no-entry': { roles: everyone, granted: true },
  'visit/record': { roles: everyone, granted: true },
  'visit/void': { roles: everyone, granted: true },
}

/** What the policy says of one command. `hold` keeps the deed for a leader to look at; nothing is dropped. */
export type Verdict = 'allow' | 'deny' | 'hold'

/**
 * Judges one command.
 *
 * @param actor the bond at the command's effective time for deeds at a door, at the time of receipt for everything else
 * @param assignments the assignments of the stairwell in question; of the round that the command names, if it names one
 * @param current those of them that hold now (`currentAssignments`)
 * @param effective when the deed was done, ms on the server's clock
 * @param received when the server learned of it, ms
 */
export function judge<V extends Verb>(
  verb: V,
  args: Args<V>,
  actor: Actor,
  assignments: readonly Assignment[],
  current: readonly Assignment[],
  effective: number,
  received: number,
): Verdict {
  const rule: Rule<V> = POLICY[verb]
  if (!rule.roles.includes(actor.role)) return 'deny'
  if (actor.role === 'officer') return 'allow'
  if (rule.ownTeam && (actor.teamId === null || rule.ownTeam(args) !== actor.teamId)) return 'deny'
  // A leader invites members and fellow leaders, never officers: nobody gives what they do not have.
  if (rule.roleGiven && rule.roleGiven(args) === 'officer') return 'deny'
  if (rule.heldNow && !wasGranted(actor, current, received)) return 'deny'
  if (rule.granted && !wasGranted(actor, assignments, effective)) return 'hold'
  return 'allow'
}

/**
 * The assignments of one stairwell that count now: those of open rounds, or the youngest when no round is open. A grant
 * of a round that is over entitles nobody once the stairwell was handed out in the next one.
 */
export function currentAssignments(
  assignments: readonly Assignment[],
  openRounds: ReadonlySet<string>,
): readonly Assignment[] {
  const open = assignments.filter((entry) => openRounds.has(entry.roundId))
  if (open.length > 0) return open
  const begun = (entry: Assignment) => entry.grants.at(-1)?.from ?? 0
  return [...assignments].sort((left, right) => begun(right) - begun(left)).slice(0, 1)
}

function wasGranted(actor: Actor, assignments: readonly Assignment[], effective: number): boolean {
  return assignments.some((entry) => {
    const grant = grantAt(entry, effective)
    return grant !== undefined && actor.teamId !== null && grant.teamId === actor.teamId
  })
}

/** What a person may read: named scopes, or everything but what is private to others. */
export type Entitlement = { kind: 'named'; scopes: readonly Scope[] } | { kind: 'all'; own: readonly Scope[] }

/**
 * The scopes that a device may read now. A pending device reads nothing.
 *
 * @param teamStairwells stairwells that the actor's team holds now
 * @param teamMembers members of the actor's team now
 */
export function entitle(actor: Actor, teamStairwells: readonly string[], teamMembers: readonly string[]): Entitlement {
  const own = [memberScope(actor.memberId), privateScope(actor.memberId), deviceScope(actor.deviceId)]
  if (actor.role === 'officer') return { kind: 'all', own: [privateScope(actor.memberId), deviceScope(actor.deviceId)] }
  const scopes = new Set<Scope>([communityScope, ...own, ...teamStairwells.map(stairwellScope)])
  if (actor.role === 'leader' && actor.teamId !== null) {
    scopes.add(teamScope(actor.teamId))
    for (const memberId of teamMembers) scopes.add(memberScope(memberId))
  }
  return { kind: 'named', scopes: [...scopes].sort() }
}

/** Says whether a scope lies within an entitlement: the last net before a row leaves the server. */
export function mayRead(entitlement: Entitlement, scope: Scope): boolean {
  if (entitlement.kind === 'named') return entitlement.scopes.includes(scope)
  return entitlement.own.includes(scope) || !(scope.startsWith('p:') || scope.startsWith('d:'))
}
