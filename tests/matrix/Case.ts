import type { Ground, Person } from './Ground.ts'
import { DAYS, holderOn, standingOn, type Phase, type PlaceName, type Standing, type TeamName } from './people.ts'

/** When a deed was done: in this minute, before the day of change, or so long ago that somebody must look at it. */
type When = 'now' | 'then' | 'old'

/** A command somebody sends. What it is to whom (`key`) is looked up in `expected.ts`. */
export interface Case {
  verb: string
  story: string
  when: When
  args(ground: Ground, person: Person): unknown
  /** What the target is to somebody of a standing; `null` stands for a target of another community, or none at all. */
  key(standing: Standing, person: Person, phase: Phase): string
  /** The same with a target that is nowhere. Where both are refused alike, they are to be alike to the byte. */
  twin?: string
  prepare?(ground: Ground, person: Person): Promise<void>
}

/** Judged by the bond of its hour (SYNC-5); everything else is judged by the bond of now. */
export const DOOR_DEEDS: readonly string[] = [
  'visit/record',
  'visit/no-entry',
  'visit/void',
  'quiz/record',
  'door/add',
  'door/rename',
  'door/retire',
  'stairwell/access-note',
]

export const dayOf = (when: When, phase: Phase): number => (when === 'now' ? DAYS[phase] : DAYS[when])

/** What a stairwell is to somebody: the own team's, another's or nobody's in the same community, or not there. */
export function relation(
  place: PlaceName,
  { team }: Standing,
  person: Person,
  day: number,
): 'own' | 'other' | 'nowhere' {
  if (place === 'nowhere' || (place === 'far') !== (person.plan.community === 'far')) return 'nowhere'
  return team !== null && holderOn(place, day) === team ? 'own' : 'other'
}

export function isReadable(place: PlaceName, person: Person, phase: Phase): boolean {
  const now = standingOn(person.plan, DAYS[phase])
  if (!now) return false
  return now.role === 'officer' || (now.team !== null && holderOn(place, DAYS[phase]) === now.team)
}

export const PLACES: readonly PlaceName[] = ['A', 'B', 'none', 'past', 'far', 'nowhere']
export const twinOf = (story: string, place: PlaceName): { twin?: string } =>
  place === 'nowhere' ? {} : { twin: story.replace(`in ${place}`, 'in nowhere') }

/** A verb in every stairwell, at every hour that makes a difference. */
export function inStairwells(
  verb: string,
  args: (ground: Ground, place: PlaceName, person: Person) => Record<string, unknown>,
  tail = '',
  byHour = true,
): Case[] {
  const whens: [When, readonly PlaceName[]][] = [
    ['now', PLACES],
    ['then', ['A', 'B', 'none', 'past', 'far', 'nowhere']],
    ['old', ['A', 'B', 'far', 'nowhere']],
  ]
  return whens.flatMap(([when, places]) =>
    places.map((place): Case => {
      const story = `in ${place}${tail} ${when}`
      return {
        verb,
        story,
        when,
        ...twinOf(story, place),
        args: (ground, person) => ({ stairwellId: ground.stairwells[place], ...args(ground, place, person) }),
        key(standing, person, phase) {
          const here = relation(place, standing, person, byHour ? dayOf(when, phase) : DAYS[phase])
          if (here === 'nowhere') return here
          return when === 'old' && tail === '' ? `${here} old` : `${here}${tail}`
        },
      }
    }),
  )
}

export const roundOf = (ground: Ground, place: PlaceName, round: 'openRound' | 'closedRound') =>
  (place === 'far' ? ground.far : ground.home)[round]

export function teamRelation(team: TeamName | 'none' | 'nowhere', standing: Standing, person: Person) {
  if (team === 'none' || team === 'nowhere') return team
  if (standing.team === team) return 'own'
  return (team === 'F') === (person.plan.community === 'far') ? 'other' : 'nowhere'
}
