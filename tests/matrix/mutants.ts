import { POLICY, READERS, ROUTES, SYNC_PARTS, TARGETS, type RouteRule, type Rule } from '../../src/domain/access.ts'
import { ROLES } from '../../src/domain/records/member.ts'

/** One line of the policy, changed: taken away, or made to let more through. The server itself runs on it meanwhile. */
export interface Mutant {
  line: string
  /** What has to notice it. */
  area: { verb: string } | { route: string } | 'reads' | 'decide' | 'carry' | 'setUp'
  plant(): void
  mend(): void
}

/** Sets a field of one of the tables to something else, or takes it out. */
function set(table: object, field: string, value: unknown): Pick<Mutant, 'plant' | 'mend'> {
  const there = table as Record<string, unknown>
  const known = there[field]
  const put = (what: unknown) => {
    if (what === undefined) delete there[field]
    else there[field] = what
  }
  return { plant: () => put(value), mend: () => put(known) }
}

const toggle = (list: readonly string[], one: string): string[] =>
  list.includes(one) ? list.filter((each) => each !== one) : [...list, one]

/** Every line of `access.ts`, changed one at a time. */
export function allMutants(): Mutant[] {
  return [...ofVerbs(), ...ofTargets(), ...ofReaders(), ...ofSyncParts(), ...ofRoutes()]
}

function ofVerbs(): Mutant[] {
  return Object.entries(POLICY as Record<string, Rule>).flatMap(([verb, rule]) => {
    const roles = ROLES.map((role): Mutant => {
      const changed = toggle(rule.roles, role)
      const line = `${verb}: ${rule.roles.includes(role) ? 'no' : 'also'} ${role}`
      return { line, area: { verb }, ...set(rule, 'roles', changed) }
    })
    const flags = (['granted', 'heldNow', 'ownTeam', 'givesRole'] as const).filter((flag) => rule[flag])
    return [
      ...roles,
      ...flags.map((flag): Mutant => ({
        line: `${verb}: without ${flag}`,
        area: { verb },
        ...set(rule, flag, undefined),
      })),
    ]
  })
}

const VERB_OF_TARGET: Readonly<Record<keyof typeof TARGETS, string>> = {
  holdWish: 'wish/give-back',
  confirmDevice: 'device/confirm',
  revokeDevice: 'device/revoke',
  inviteAgain: 'invite/create',
  redactNote: 'stairwell/redact-note',
}

function ofTargets(): Mutant[] {
  return Object.entries(VERB_OF_TARGET).flatMap(([name, verb]) =>
    [true, false].map((answer): Mutant => {
      return {
        line: `${name}: ${answer ? 'anything' : 'nothing'}`,
        area: { verb },
        ...set(TARGETS, name, () => answer),
      }
    }),
  )
}

function ofReaders(): Mutant[] {
  return Object.entries(READERS as Record<string, readonly string[]>).flatMap(([what, readers]) =>
    // Whoever reads everything is named nowhere else, and naming them there changes nothing.
    ROLES.filter((role) => role !== 'officer' || what === 'all' || what === 'private').map((role): Mutant => {
      const line = `reads ${what}: ${readers.includes(role) ? 'no' : 'also'} ${role}`
      return { line, area: 'reads', ...set(READERS, what, toggle(readers, role)) }
    }),
  )
}

function ofSyncParts(): Mutant[] {
  const areas = { decide: 'decide', pull: 'reads', carry: 'carry' } as const
  return Object.entries(SYNC_PARTS as Record<keyof typeof areas, readonly string[]>).flatMap(([part, states]) =>
    ['active', 'pending', 'draining'].map((state): Mutant => {
      const line = `sync ${part}: ${states.includes(state) ? 'no' : 'also'} ${state}`
      return { line, area: areas[part as 'decide'], ...set(SYNC_PARTS, part, toggle(states, state)) }
    }),
  )
}

function ofRoutes(): Mutant[] {
  return Object.entries(ROUTES as Record<string, RouteRule>).flatMap(([name, rule]) => {
    const route = name.split(' ')[1]!.replace('*', '')
    const mutants: Mutant[] = [
      {
        line: `${name}: ${rule.device ? 'anybody' : 'devices alone'}`,
        area: { route },
        ...set(rule, 'device', rule.device ? undefined : true),
      },
      {
        line: `${name}: ${rule.beforeSetUp ? 'not ' : ''}before set-up`,
        area: 'setUp',
        ...set(rule, 'beforeSetUp', rule.beforeSetUp ? undefined : true),
      },
    ]
    if (rule.states) mutants.push({ line: `${name}: any state`, area: { route }, ...set(rule, 'states', undefined) })
    if (rule.roles) {
      for (const role of ROLES) {
        const line = `${name}: ${rule.roles.includes(role) ? 'no' : 'also'} ${role}`
        mutants.push({ line, area: { route }, ...set(rule, 'roles', toggle(rule.roles, role)) })
      }
      mutants.push({ line: `${name}: any role`, area: { route }, ...set(rule, 'roles', undefined) })
    }
    return mutants
  })
}
