import type { Role } from '../../src/domain/records/member.ts'

export const DAY = 86_400_000
/** Days since the ground was laid: when roles change, and when deeds are done (`then`, `old`) and arrive (`before`, `after`). */
export const CHANGE_DAY = 35
export const DAYS = { before: 34.9, after: 36, then: 34.5, old: 1 } as const
export type Phase = 'before' | 'after'

/** Teams of the community in question (A, B) and of another one on the same database (F). */
export type TeamName = 'A' | 'B' | 'F'
export interface Standing {
  role: Role
  team: TeamName | null
}

/** One principal: who it is before the day of change and after it, under one cookie all along. */
export interface PersonPlan {
  name: string
  community: 'home' | 'far'
  /** What the cookie is worth: a phone that nobody let in yet, one that only sends, one that was ended … */
  cookie: 'good' | 'pending' | 'draining' | 'revoked' | 'superseded' | 'forged' | 'none'
  /** `null`: no bond. */
  before: Standing | null
  after: Standing | null
}

const stands = (role: Role, team: TeamName | null): Standing => ({ role, team })
const steady = (name: string, role: Role, team: TeamName | null, community: 'home' | 'far' = 'home'): PersonPlan => {
  return { name, community, cookie: 'good', before: stands(role, team), after: stands(role, team) }
}
const live = (name: string, before: Standing, after: Standing | null): PersonPlan => {
  return { name, community: 'home', cookie: 'good', before, after }
}
const outside = (name: string, cookie: PersonPlan['cookie'], before: Standing | null): PersonPlan => {
  return { name, community: 'home', cookie, before, after: before }
}

/** Everybody who may knock at the server's door. */
export const PEOPLE: readonly PersonPlan[] = [
  outside('nobody', 'none', null),
  outside('a forged token', 'forged', null),
  outside('a superseded token of an officer', 'superseded', stands('officer', null)),
  outside('a revoked phone of a leader', 'revoked', stands('leader', 'A')),
  outside('a pending phone of somebody new', 'pending', null),
  outside('a pending second phone of an officer', 'pending', stands('officer', null)),
  outside('a draining phone of a leader', 'draining', stands('leader', 'A')),
  steady('member of A', 'member', 'A'),
  steady('leader of A', 'leader', 'A'),
  steady('officer', 'officer', null),
  steady('member of B', 'member', 'B'),
  steady('leader of B', 'leader', 'B'),
  steady('member without a team', 'member', null),
  steady('leader without a team', 'leader', null),
  live('member who became leader', stands('member', 'A'), stands('leader', 'A')),
  live('leader who became member', stands('leader', 'A'), stands('member', 'A')),
  live('member who moved to B', stands('member', 'A'), stands('member', 'B')),
  live('leader who moved to B', stands('leader', 'A'), stands('leader', 'B')),
  live('member who was removed', stands('member', 'A'), null),
  live('leader who was removed', stands('leader', 'A'), null),
  live('officer who was removed', stands('officer', null), null),
  live('officer who became member', stands('officer', null), stands('member', 'A')),
  live('member who became officer', stands('member', 'A'), stands('officer', null)),
  { ...live('leader whose phone is revoked', stands('leader', 'A'), stands('leader', 'A')), cookie: 'good' },
  steady('member elsewhere', 'member', 'F', 'far'),
  steady('leader elsewhere', 'leader', 'F', 'far'),
  steady('officer elsewhere', 'officer', null, 'far'),
]

/** Whose phone is revoked on the day of change, under a live session. */
export const REVOKED_LIVE = 'leader whose phone is revoked'

export const isLive = (plan: PersonPlan): boolean =>
  plan.name === REVOKED_LIVE || JSON.stringify(plan.before) !== JSON.stringify(plan.after)

/** What a cookie is worth in a phase. */
export const cookieIn = (plan: PersonPlan, phase: Phase): PersonPlan['cookie'] =>
  plan.name === REVOKED_LIVE && phase === 'after' ? 'revoked' : plan.cookie

/** Whether a cookie names an enrolment that may ask at all. */
export const isProven = (cookie: PersonPlan['cookie']): cookie is 'good' | 'pending' | 'draining' =>
  cookie === 'good' || cookie === 'pending' || cookie === 'draining'

/** The bond that a person has on a day. */
export const standingOn = (plan: PersonPlan, day: number): Standing | null =>
  day < CHANGE_DAY ? plan.before : plan.after

/** Where a stairwell lies: held by a team, never handed out, handed from A to B on the day of change, elsewhere, nowhere. */
export type PlaceName = 'A' | 'B' | 'none' | 'past' | 'far' | 'nowhere'

/** The team that holds a stairwell on a day. */
export function holderOn(place: PlaceName, day: number): TeamName | null {
  if (place === 'past') return day < CHANGE_DAY ? 'A' : 'B'
  if (place === 'far') return 'F'
  return place === 'A' || place === 'B' ? place : null
}
