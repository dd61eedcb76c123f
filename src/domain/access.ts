import type { Actor } from './command.ts'
import { communityScope, deviceScope, memberScope, privateScope, stairwellScope, teamScope } from './record.ts'
import type { Scope } from './record.ts'
import { grantAt, type Assignment } from './records/assignment.ts'
import type { Device } from './records/device.ts'
import type { Bond, Role } from './records/member.ts'
import type { Stairwell } from './records/stairwell.ts'
import type { Wish } from './records/wish.ts'

/*
 * Who may do what, and nowhere else: every route, every part of a sync request, every verb and every scope declares here
 * who may. Whatever is not declared is denied, and a server with an undeclared route or verb does not start
 * (`sync-server/assertDeclared.ts`). That an event is corrected by its author alone is no right that a role gives: it
 * stands in the rule of `visit/void`, `quiz/record` and `session/end`.
 */

const everyone: readonly Role[] = ['member', 'leader', 'officer']
const leaders: readonly Role[] = ['leader', 'officer']
const officers: readonly Role[] = ['officer']

/**
 * Who may ask at a route.
 *
 * - `device`: only an enrolment that its cookie proves; without it anybody may.
 * - `states`: in which state that enrolment must be (any but `revoked`, if nothing is said), `roles`: which bond its member must have now. To everybody else the
 *   route is not there.
 * - `beforeSetUp`: answers also while the community has no officer yet.
 */
export interface RouteRule {
  device?: true
  states?: readonly Device['state'][]
  roles?: readonly Role[]
  beforeSetUp?: true
}

/** Every route of the server, by method and path. A HEAD is its GET. */
export const ROUTES: Readonly<Record<string, RouteRule>> = {
  'GET /*': { beforeSetUp: true },
  'GET /healthz': { beforeSetUp: true },
  'GET /readyz': { beforeSetUp: true },
  'GET /metrics': { beforeSetUp: true },
  'POST /api/enter': { beforeSetUp: true },
  'POST /api/enrol': {},
  'GET /api/openapi.json': {},
  'POST /api/sync': { device: true },
  'GET /api/me': { device: true },
  'GET /api/live': { device: true },
  'POST /api/clear-site': { device: true, states: ['revoked'] },
  'GET /api/recovery': { device: true, states: ['active'], roles: officers },
}

/** What a sync request may do for an enrolment, by the state that the enrolment must be in. */
export const SYNC_PARTS = {
  /** Its commands are judged; those of another state wait. */
  decide: ['active', 'draining'],
  /** A page of the feed. */
  pull: ['active'],
  /** What a teammate handed over is taken in (SYNC-13). */
  carry: ['active', 'draining'],
} as const satisfies Record<string, readonly Device['state'][]>

/** Whether a part of a sync request is done for an enrolment in this state. */
export function mayInSync(part: keyof typeof SYNC_PARTS, state: Device['state']): boolean {
  return (SYNC_PARTS[part] as readonly Device['state'][]).includes(state)
}

/**
 * Who may use a verb.
 *
 * - `roles`: who may use it at all.
 * - `granted`: the actor's team must have held the stairwell at the command's effective time, else it is held (SYNC-5).
 * - `heldNow`: the leader's team must hold the stairwell now; without that the answer is no.
 * - `ownTeam`: a leader only touches what belongs to the own team, which the arguments name; officers are free of it.
 * - `givesRole`: the arguments name a role that is given, and nobody gives what they do not have.
 */
export interface Rule {
  roles: readonly Role[]
  granted?: true
  heldNow?: true
  ownTeam?: true
  givesRole?: true
}

/** Every verb. What it may be done to stands in `TARGETS`, where the arguments alone do not say it. */
export const POLICY = {
  'activity/save': { roles: officers },
  'activity/sign-up': { roles: everyone },
  'activity/withdraw': { roles: everyone },
  'assignment/save': { roles: leaders, heldNow: true, ownTeam: true },
  'community/save': { roles: officers },
  'device/confirm': { roles: leaders, ownTeam: true },
  'device/drain': { roles: leaders, ownTeam: true },
  'device/report-loss': { roles: everyone },
  'device/revoke': { roles: leaders, ownTeam: true },
  'door/add': { roles: everyone, granted: true },
  'door/confirm': { roles: leaders, heldNow: true },
  'door/do-not-knock': { roles: officers },
  'door/rename': { roles: everyone, granted: true },
  'door/retire': { roles: everyone, granted: true },
  'hold/settle': { roles: leaders, ownTeam: true },
  'invite/create': { roles: leaders, ownTeam: true, givesRole: true },
  'invite/withdraw': { roles: leaders, ownTeam: true },
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
  'wish/claim': { roles: everyone },
  'wish/close': { roles: officers },
  'wish/fulfil': { roles: everyone },
  'wish/give-back': { roles: everyone },
  'wish/publish': { roles: officers },
} as const satisfies Record<string, Rule>

/** What an actor may do to a thing that was found: asked by the rules themselves, on the phone as on the server. */
export const TARGETS = {
  /** Nobody lets in somebody with more rights than their own. */
  confirmDevice: (actor: Actor, device: Pick<Device, 'role'>): boolean =>
    actor.role === 'officer' || device.role !== 'officer',
  /** Whoever moved on is no longer this leader's to stop, whichever team the phone was enrolled in. */
  revokeDevice: (actor: Actor, bond: Bond | undefined): boolean =>
    actor.role === 'officer' || bond === undefined || isOwnPerson(actor, bond),
  /** The inviter's rights end at the own team, and the bond must hold now. */
  inviteAgain: (actor: Actor, bond: Bond | undefined): boolean =>
    actor.role === 'officer' || (bond !== undefined && isOwnPerson(actor, bond)),
  /** Leaders and officers erase a note, and so does its author. */
  redactNote: (actor: Actor, stairwell: Pick<Stairwell, 'accessNoteBy'>): boolean =>
    actor.role !== 'member' || stairwell.accessNoteBy === actor.memberId,
  /** Whoever took a wish on sees it through or gives it back; the office may for anybody. */
  holdWish: (actor: Actor, wish: Pick<Wish, 'holder'>): boolean =>
    actor.role === 'officer' || wish.holder?.memberId === actor.memberId,
}

function isOwnPerson(actor: Actor, bond: Bond): boolean {
  return bond.role !== 'officer' && bond.teamId === actor.teamId
}

/** What the policy says of one command. `hold` keeps the deed for a leader to look at; nothing is dropped. */
export type Verdict = 'allow' | 'deny' | 'hold'

/**
 * Judges one command.
 *
 * @param rule the verb's line in `POLICY`
 * @param args what its arguments say of a team and of a role
 * @param actor the bond at the command's effective time for deeds at a door, at the time of receipt for everything else
 * @param assignments the assignments of the stairwell in question; of the round that the command names, if it names one
 * @param current those of them that hold now (`currentAssignments`)
 * @param effective when the deed was done, ms on the server's clock
 * @param received when the server learned of it, ms
 */
export function judge(
  rule: Rule,
  args: { teamId?: string | null; role?: Role },
  actor: Actor,
  assignments: readonly Assignment[],
  current: readonly Assignment[],
  effective: number,
  received: number,
): Verdict {
  if (!rule.roles.includes(actor.role)) return 'deny'
  if (actor.role === 'officer') return 'allow'
  if (rule.ownTeam && (actor.teamId === null || args.teamId !== actor.teamId)) return 'deny'
  // A leader invites members and fellow leaders, never officers.
  if (rule.givesRole && args.role === 'officer') return 'deny'
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

/** Which scopes a role reads. `all` stands for all but others' private notes and others' answers: who reads that is named nowhere else. */
export const READERS = {
  all: officers,
  community: ['member', 'leader'],
  /** What one did oneself. */
  self: ['member', 'leader'],
  /** What one wrote for oneself alone. */
  private: everyone,
  /** The stairwells that the own team holds now. */
  heldStairwells: ['member', 'leader'],
  team: ['leader'],
  /** What the people of the own team did. */
  mates: ['leader'],
} as const satisfies Record<string, readonly Role[]>

/**
 * The scopes that a device may read now. A pending device reads nothing (`SYNC_PARTS`); one whose member has no bond any
 * more reads the answers to what it pushed before.
 *
 * @param actor `null` without a bond
 * @param teamStairwells stairwells that the actor's team holds now
 * @param teamMembers members of the actor's team now
 */
export function entitle(
  actor: Actor | null,
  deviceId: string,
  teamStairwells: readonly string[],
  teamMembers: readonly string[],
): Entitlement {
  if (!actor) return { kind: 'named', scopes: [deviceScope(deviceId)] }
  const { role, memberId, teamId } = actor
  const reads = (what: keyof typeof READERS) => (READERS[what] as readonly Role[]).includes(role)
  const own = [...(reads('private') ? [privateScope(memberId)] : []), deviceScope(deviceId)]
  if (reads('all')) return { kind: 'all', own }
  const scopes = new Set<Scope>(own)
  if (reads('community')) scopes.add(communityScope)
  if (reads('self')) scopes.add(memberScope(memberId))
  if (reads('heldStairwells')) for (const id of teamStairwells) scopes.add(stairwellScope(id))
  if (reads('team') && teamId !== null) scopes.add(teamScope(teamId))
  if (reads('mates') && teamId !== null) for (const id of teamMembers) scopes.add(memberScope(id))
  return { kind: 'named', scopes: [...scopes].sort() }
}

/** Says whether a scope lies within an entitlement: the last net before a row leaves the server. */
export function mayRead(entitlement: Entitlement, scope: Scope): boolean {
  if (entitlement.kind === 'named') return entitlement.scopes.includes(scope)
  return entitlement.own.includes(scope) || !(scope.startsWith('p:') || scope.startsWith('d:'))
}
