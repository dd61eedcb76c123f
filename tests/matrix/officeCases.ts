import { freshId } from '../harness/wireWorld.ts'
import { PLACES, type Case } from './Case.ts'
import type { Ground, Person } from './Ground.ts'

const always =
  (key: string): Case['key'] =>
  () =>
    key
const ofHome =
  (where: 'home' | 'far' | 'nowhere'): Case['key'] =>
  (_standing, person) =>
    where === person.plan.community ? 'any' : 'nowhere'

/** What is the officers' alone. */
export function ofTheOffice(): Case[] {
  const one = (verb: string, story: string, args: Case['args'], key = always('any'), twin?: string): Case => {
    return { verb, story, when: 'now', args, key, ...(twin ? { twin } : {}) }
  }
  const settings = { ruleSetId: 'gz2023', questionsPerVisit: 1, visitingFrom: 0, visitingUntil: 60, quietDays: [] }
  const round = { number: 3, name: 'r', startsOn: '2026-11-01', state: 'closed' }
  const person = (ground: Ground, who: string) =>
    who === 'nowhere' ? freshId() : ground.bystanders[who === 'far' ? 'F' : (who as 'A')]
  const bonds = (['A', 'B', 'office', 'far', 'nowhere'] as const).flatMap((who) =>
    (['leader', 'officer', 'ended'] as const).map((becomes) =>
      one(
        'member/bond',
        `${who} becomes ${becomes}`,
        (ground) => {
          const role = becomes === 'ended' ? 'member' : becomes
          return { memberId: person(ground, who), role, teamId: null, active: becomes !== 'ended' }
        },
        ofHome(who === 'far' || who === 'nowhere' ? who : 'home'),
        who === 'nowhere' ? undefined : `nowhere becomes ${becomes}`,
      ),
    ),
  )
  const wishes = PLACES.flatMap((place) =>
    [true, false].map((isKnown) =>
      one(
        'door/do-not-knock',
        `in ${place}${isKnown ? '' : ' no door'}`,
        (ground) => ({
          stairwellId: ground.stairwells[place],
          doorId: isKnown ? ground.doorOf(place) : freshId(),
          holds: true,
        }),
        isKnown ? ofHome(place === 'far' || place === 'nowhere' ? place : 'home') : always('nowhere'),
        place === 'nowhere' ? undefined : `in nowhere${isKnown ? '' : ' no door'}`,
      ),
    ),
  )
  const documents = (['home', 'far', 'nowhere'] as const).flatMap((where) => {
    const twin = where === 'nowhere' ? undefined : 'change nowhere'
    const land = (ground: Ground) => (where === 'nowhere' ? undefined : ground[where])
    const team = (ground: Ground) => ({ home: ground.teams.A, far: ground.teams.F, nowhere: freshId() })[where]
    return [
      one(
        'round/save',
        `change ${where}`,
        (ground) => ({ ...round, roundId: land(ground)?.openRound ?? freshId(), baseRevision: 1 }),
        ofHome(where),
        twin,
      ),
      one(
        'team/save',
        `change ${where}`,
        (ground) => ({ teamId: team(ground), baseRevision: 1, name: 'x' }),
        ofHome(where),
        twin,
      ),
    ]
  })
  return [
    one('community/save', 'the own', () => ({ baseRevision: 1, name: 'x', ...settings })),
    one('round/save', 'a new one', () => ({ ...round, roundId: freshId(), baseRevision: 0 })),
    one('team/save', 'a new one', () => ({ teamId: freshId(), baseRevision: 0, name: 'x' })),
    one('roster/import-stairwell', 'a new one', () => ({
      estate: 'x',
      building: 'y',
      stairwell: 'z',
      floors: [],
      doors: [],
    })),
    one('roster/import-stairwell', 'a known one', () => ({
      estate: '华兴苑',
      building: '1栋',
      stairwell: 'A梯',
      floors: [],
      doors: [],
    })),
    ...bonds,
    ...wishes,
    ...documents,
  ]
}

/** What is everybody's own. */
export function ofEverybody(): Case[] {
  const sessions = ['mine', 'A', 'B', 'F', 'nowhere'] as const
  const loss = { code: 'vanished', atMost: null }
  return [
    ...(['open', 'nowhere'] as const).map((round): Case => {
      const roundId = (ground: Ground, person: Person) =>
        round === 'open' ? ground.landOf(person.plan).openRound : freshId()
      const args: Case['args'] = (ground, person) => ({ roundId: roundId(ground, person), partnerIds: [] })
      return { verb: 'session/start', story: `the round ${round}`, when: 'now', args, key: always('any') }
    }),
    ...sessions.map((whose): Case => {
      const args: Case['args'] = (ground, person) => {
        const name = whose === 'mine' ? person.plan.name : whose
        return { sessionId: ground.sessions.get(name) ?? freshId(), sentence: 'x' }
      }
      const twin = whose === 'mine' || whose === 'nowhere' ? {} : { twin: 'of nowhere' }
      return {
        verb: 'session/end',
        story: `of ${whose}`,
        when: 'now',
        args,
        key: always(whose === 'mine' ? 'mine' : 'none'),
        ...twin,
      }
    }),
    {
      verb: 'device/report-loss',
      story: 'of the own phone',
      when: 'now',
      args: () => ({ lossId: freshId(), ...loss }),
      key: always('any'),
    },
  ]
}
