import type { Actor, Decision, Facts, Missing, Moments } from '../../src/domain/command.ts'
import { put } from '../../src/domain/put.ts'
import { mintId } from '../../src/domain/hash.ts'
import type { Body, KindName } from '../../src/domain/kinds.ts'
import type { Change } from '../../src/domain/record.ts'
import type { Role } from '../../src/domain/records/member.ts'
import { commandOf, type Args, type Verb } from '../../src/domain/verbs.ts'

/** A readable id that is long enough to be one. */
export const anId = (name: string): string => mintId('test', name)

export const COMMUNITY = anId('community')
/** 2026-11-21, 20:00 in Guangzhou. */
export const EIGHT = Date.UTC(2026, 10, 21, 12, 0, 0)

export function anActor(role: Role = 'member', name = 'member', team: string | null = 'team'): Actor {
  const teamId = team === null ? null : anId(team)
  return { communityId: COMMUNITY, memberId: anId(name), deviceId: anId(`${name} phone`), role, teamId }
}

export const atMoment = (ms: number): Moments => ({ claimed: ms, effective: ms, received: ms })

/** Facts made of rows; what is not given is `absent`, or `unknownHere` as on a phone that holds only part. */
export function someFacts(rows: readonly Change[], missing: Missing = 'absent'): Facts {
  return {
    get<K extends KindName>(kind: K, id: string): Body<K> | Missing {
      const row = rows.find((candidate) => candidate.kind === kind && candidate.id === id)
      return (row?.body as Body<K> | undefined) ?? missing
    },
    all<K extends KindName>(kind: K, scope: string): readonly Body<K>[] {
      return rows.filter((row) => row.kind === kind && row.scope === scope).map((row) => row.body as Body<K>)
    },
  }
}

/** Decides one command over rows. */
export function decide<V extends Verb>(
  verb: V,
  args: Args<V>,
  rows: readonly Change[],
  how: { actor?: Actor; at?: number; id?: string; missing?: Missing } = {},
): Decision {
  const { actor = anActor(), at = EIGHT, id = 'command', missing = 'absent' } = how
  const newId = (k: number) => mintId(id, String(k))
  return commandOf(verb).decide({ args, actor, at: atMoment(at), newId }, someFacts(rows, missing))
}

/** The rows after a decision that was accepted. */
export function after(rows: readonly Change[], decision: Decision): Change[] {
  if (!decision.accepted) throw new Error(`refused: ${decision.code}`)
  const changed = new Set(decision.changes.map(({ kind, id }) => `${kind} ${id}`))
  return [...rows.filter(({ kind, id }) => !changed.has(`${kind} ${id}`)), ...decision.changes]
}

export const bodyOf = <K extends KindName>(rows: readonly Change[], kind: K): Body<K>[] =>
  rows.filter((row) => row.kind === kind && row.body !== null).map((row) => row.body as Body<K>)

/** A stairwell of homes: `doors` labels, floors by their leading digits. */
export function aStairwell(labels: readonly string[] = ['101', '102', '201', '202'], name = 'stairwell'): Change {
  const id = anId(name)
  const doors = labels.map((label, index) => ({
    id: mintId('door', id, label),
    label,
    level: Number(label.slice(0, -2)),
    kind: 'home' as const,
    column: index % 2,
    state: 'confirmed' as const,
  }))
  const floors = [...new Set(doors.map((door) => door.level))].map((level) => ({ level, label: String(level) }))
  const place = { estate: '华兴苑', building: '1栋', stairwell: 'A梯' }
  return put('stairwell', { id, ...place, floors, doors, accessNote: '', accessNoteRevision: 0, revision: 1 })
}

export function aRound(): Change {
  return put('round', {
    id: anId('round'),
    number: 1,
    name: '第一轮',
    startsOn: '2026-11-01',
    state: 'open',
    revision: 1,
  })
}
