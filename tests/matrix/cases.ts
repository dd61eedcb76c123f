import { put } from '../../src/domain/put.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import { readRecords } from '../../sync-server/storage/records.ts'
import { freshId } from '../harness/wireWorld.ts'
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

const dayOf = (when: When, phase: Phase): number => (when === 'now' ? DAYS[phase] : DAYS[when])

/** What a stairwell is to somebody: the own team's, another's or nobody's in the same community, or not there. */
function relation(place: PlaceName, { team }: Standing, person: Person, day: number): 'own' | 'other' | 'nowhere' {
  if (place === 'nowhere' || (place === 'far') !== (person.plan.community === 'far')) return 'nowhere'
  return team !== null && holderOn(place, day) === team ? 'own' : 'other'
}

function isReadable(place: PlaceName, person: Person, phase: Phase): boolean {
  const now = standingOn(person.plan, DAYS[phase])
  if (!now) return false
  return now.role === 'officer' || (now.team !== null && holderOn(place, DAYS[phase]) === now.team)
}

const PLACES: readonly PlaceName[] = ['A', 'B', 'none', 'past', 'far', 'nowhere']
const twinOf = (story: string, place: PlaceName): { twin?: string } =>
  place === 'nowhere' ? {} : { twin: story.replace(`in ${place}`, 'in nowhere') }

/** A verb in every stairwell, at every hour that makes a difference. */
function inStairwells(
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

function withAuthors(verb: string, args: (ground: Ground, place: PlaceName) => Record<string, unknown>): Case[] {
  const whose = ['mine', 'theirs', 'none', 'mine in another stairwell'] as const
  return whose.flatMap((author) =>
    inStairwells(verb, (ground, place, person) => {
      const other: PlaceName = place === 'A' ? 'B' : 'A'
      const visits = {
        mine: ground.visits.get(`${person.plan.name} in ${place}`),
        theirs: ground.visits.get(` in ${place}`),
        none: undefined,
        'mine in another stairwell': ground.visits.get(`${person.plan.name} in ${other}`),
      }
      return { ...args(ground, place), visitId: visits[author] ?? freshId() }
    })
      .filter(({ when }) => when !== 'old')
      .map((plain): Case => {
        const place = /^in (\w+)/.exec(plain.story)![1] as PlaceName
        const story = `${plain.story}, ${author}`
        const key: Case['key'] = (standing, person, phase) => {
          const here = plain.key(standing, person, phase)
          if (here === 'nowhere') return here
          const hidden = author === 'theirs' && !isReadable(place, person, phase)
          return `${here} ${author === 'mine in another stairwell' ? 'none' : author}${hidden ? ' unreadable' : ''}`
        }
        const nowhere = author === 'mine in another stairwell' ? { twin: `${plain.story}, none` } : {}
        return { ...plain, story, key, ...(plain.twin ? { twin: `${plain.twin}, ${author}` } : nowhere) }
      }),
  )
}

const roundOf = (ground: Ground, place: PlaceName, round: 'openRound' | 'closedRound') =>
  (place === 'far' ? ground.far : ground.home)[round]

function atDoors(): Case[] {
  const visit = { level: 1, label: '101', outcome: 'met', sessionId: null }
  const noEntry = { reason: 'locked', sessionId: null }
  const cases: Case[] = []
  for (const [verb, more] of [
    ['visit/record', visit],
    ['visit/no-entry', noEntry],
  ] as const) {
    cases.push(...inStairwells(verb, (ground, place) => ({ ...more, roundId: roundOf(ground, place, 'openRound') })))
    const closed = inStairwells(verb, (ground, place) => ({ ...more, roundId: roundOf(ground, place, 'closedRound') }))
    cases.push(
      ...closed
        .filter(({ story }) => /^in (A|B|far) now/.test(story))
        .map(({ twin: _twin, ...plain }) => ({ ...plain, story: `${plain.story}, the round closed` })),
    )
    for (const round of ['nowhere', 'far'] as const) {
      const rounds = inStairwells(verb, (ground) => ({
        ...more,
        roundId: round === 'far' ? ground.far.openRound : freshId(),
      }))
      const noRound = rounds.filter(({ story }) => /^in (A|B) now/.test(story))
      cases.push(
        ...noRound.map((plain): Case => {
          const key: Case['key'] = (...given) => (plain.key(...given) === 'nowhere' ? 'nowhere' : 'no round')
          const twin = round === 'far' ? { twin: `${plain.story}, the round nowhere` } : {}
          return { ...plain, story: `${plain.story}, the round ${round}`, key, ...twin }
        }),
      )
    }
  }
  cases.push(...withAuthors('visit/void', (ground, place) => ({ doorId: ground.doorOf(place) })))
  cases.push(...withAuthors('quiz/record', () => ({ ruleSetId: 'gz2023', answers: [] })))
  cases.push(...inStairwells('door/add', () => ({ level: 1, label: '109', kind: 'home' })))
  cases.push(...inStairwells('door/rename', (ground, place) => ({ doorId: ground.doorOf(place), label: '108' })))
  cases.push(...inStairwells('door/rename', () => ({ doorId: freshId(), label: '108' }), ' no door').filter(isFresh))
  cases.push(...inStairwells('door/retire', (ground, place) => ({ doorId: ground.doorOf(place) })))
  cases.push(...inStairwells('door/retire', () => ({ doorId: freshId() }), ' no door').filter(isFresh))
  cases.push(...inStairwells('stairwell/access-note', () => ({ baseRevision: 1, note: 'ring twice' })))
  const stands = { stands: true }
  cases.push(
    ...inStairwells('door/confirm', (ground, place) => ({ doorId: ground.doorOf(place), ...stands }), '', false),
  )
  cases.push(
    ...inStairwells('door/confirm', () => ({ doorId: freshId(), ...stands }), ' no door', false).filter(isFresh),
  )
  cases.push(...inStairwells('stairwell/redact-note', () => ({ revision: 1 }), ' theirs', false).filter(isFresh))
  const mine = inStairwells('stairwell/redact-note', () => ({ revision: 1 }), ' mine', false).filter(isFresh)
  cases.push(
    ...mine.map((plain): Case => {
      const place = /^in (\w+)/.exec(plain.story)![1] as PlaceName
      return { ...plain, prepare: (ground, person) => signNote(ground, place, person) }
    }),
  )
  return cases
}

const isFresh = ({ when }: Case): boolean => when === 'now'

/** The note of a stairwell in the person's own community becomes that person's. */
async function signNote(ground: Ground, place: PlaceName, person: Person): Promise<void> {
  const land = ground.landOf(person.plan)
  const id = ground.stairwells[place]
  const [row] = await readRecords(ground.world.db, land.community, [{ kind: 'stairwell', id }])
  if (!row) return
  await ground.run([put('stairwell', { ...(JSON.parse(row.body) as Stairwell), accessNoteBy: person.memberId })], land)
}

/** A stairwell handed to a team. */
function assignments(): Case[] {
  const receivers = ['A', 'B', 'F', 'none', 'nowhere'] as const
  return receivers.flatMap((to) =>
    (['openRound', 'closedRound', 'no round'] as const).flatMap((round) =>
      PLACES.filter((place) => round === 'openRound' || /^[AB]$/.test(place)).map((place): Case => {
        const story = `in ${place} to ${to} (${round})`
        return {
          verb: 'assignment/save',
          story,
          when: 'now',
          ...twinOf(story, place),
          args(ground) {
            const teamId = to === 'none' ? null : to === 'nowhere' ? freshId() : ground.teams[to]
            const roundId = round === 'no round' ? freshId() : roundOf(ground, place, round)
            const given = { none: 0, past: ground.world.clock.now() > ground.moment(35) ? 2 : 1 }
            const baseRevision = given[place as 'past'] ?? 1
            return {
              stairwellId: ground.stairwells[place],
              roundId,
              baseRevision,
              teamId,
              memberIds: [],
              leaseUntil: null,
            }
          },
          key(standing, person, phase) {
            const here = relation(place, standing, person, DAYS[phase])
            if (here === 'nowhere') return here
            const there = teamRelation(to, standing, person)
            // A team that leaders may not hand to is refused before anybody looks for the round.
            if (round !== 'no round') return `${here} to ${there}`
            return there === 'own' ? `${here}, no round` : `other, no round`
          },
        }
      }),
    ),
  )
}

function teamRelation(team: TeamName | 'none' | 'nowhere', standing: Standing, person: Person) {
  if (team === 'none' || team === 'nowhere') return team
  if (standing.team === team) return 'own'
  return (team === 'F') === (person.plan.community === 'far') ? 'other' : 'nowhere'
}

/** A thing of a team, under the name of that team or of another one. */
function ofTeams(
  verb: string,
  thing: (ground: Ground, story: string, person: Person) => Record<string, unknown> | undefined,
  stories: readonly string[],
  nothing: Record<string, unknown>,
  tailOf: (story: string) => string = () => '',
): Case[] {
  const named = ['A', 'B', 'F', 'none'] as const
  return named.flatMap((team) =>
    [...stories, 'nowhere'].map((story): Case => {
      const lies = /^(A|B|F|none)\b/.exec(story)?.[1]
      const isThere = lies === team
      const teller = `${story} as of ${team}`
      return {
        verb,
        story: teller,
        when: 'now',
        ...(story === 'nowhere' ? {} : { twin: `nowhere as of ${team}` }),
        args: (ground, person) => {
          const teamId = team === 'none' ? null : ground.teams[team]
          return { ...(thing(ground, story, person) ?? nothing), teamId }
        },
        key(standing, person) {
          const here = teamRelation(team, standing, person)
          const isNear = (lies === 'F') === (person.plan.community === 'far')
          const relative = here === 'own' ? 'own' : 'other'
          // The officers' own things have no team; a thing lies where it lies, whatever a command says.
          return isThere && isNear ? `${relative}${tailOf(story)}` : `${relative} none`
        },
      }
    }),
  )
}

function aboutTeams(): Case[] {
  const teams = ['A', 'B', 'F', 'none']
  const but = (...tails: string[]) => [
    ...teams,
    ...['A', 'B', 'F'].flatMap((team) => tails.map((tail) => `${team} ${tail}`)),
  ]
  const phone = (ground: Ground, kind: string, story: string) => ground.phones.get(`${kind} ${story}`)
  const pending = (digits: string) => (ground: Ground, story: string) => {
    const found = phone(ground, 'pending', story)
    return found && { deviceId: found.id, memberId: found.memberId, matchCode: digits }
  }
  const nobody = () => ({ deviceId: freshId(), memberId: freshId(), matchCode: '123456' })
  const tail = (story: string) => {
    if (/moved|risen/.test(story)) return ' beyond'
    return / officer/.test(story) ? ' officer' : ''
  }
  const wrong = ofTeams('device/confirm', pending('000000'), ['A', 'B', 'F'], nobody(), () => ' wrong digits')
  return [
    ...ofTeams('device/confirm', pending('123456'), but('officer'), nobody(), tail),
    ...wrong
      .filter(({ story }) => !story.startsWith('nowhere'))
      .map(({ twin: _twin, ...plain }) => ({ ...plain, story: `${plain.story}, wrong digits` })),
    ...ofTeams(
      'device/revoke',
      (ground, story) => {
        const found = phone(ground, 'active', story)
        return found && { deviceId: found.id }
      },
      but('gone', 'moved', 'risen'),
      { deviceId: freshId() },
      tail,
    ),
    ...ofTeams(
      'hold/settle',
      (ground, story) => ({ holdId: ground.holds.get(story) ?? freshId(), counts: true }),
      teams,
      {},
    ),
    ...ofTeams('invite/withdraw', (ground, story) => ({ inviteId: ground.invites.get(story) ?? freshId() }), teams, {}),
  ]
}

function invitations(): Case[] {
  const teams = ['A', 'B', 'F', 'none', 'nowhere'] as const
  const terms = { codeHash: null, label: 'x', minutes: 15 }
  const aTeam = (ground: Ground, team: (typeof teams)[number]) =>
    team === 'none' ? null : team === 'nowhere' ? freshId() : ground.teams[team]
  const plain = teams.flatMap((team) =>
    (['member', 'leader', 'officer'] as const).map((role): Case => {
      return {
        verb: 'invite/create',
        story: `a ${role} for ${team}`,
        when: 'now',
        args: (ground) => ({ role, teamId: aTeam(ground, team), secretHash: 'b'.repeat(64), ...terms }),
        key: (standing, person) => `${teamRelation(team, standing, person)} ${role}`,
      }
    }),
  )
  const whose = ['A', 'B', 'F', 'office', 'nowhere'] as const
  const again = (['A', 'B', 'F'] as const).flatMap((team) =>
    whose.map((person): Case => {
      return {
        verb: 'invite/create',
        story: `for ${person} in ${team}`,
        when: 'now',
        ...(person === 'nowhere' ? {} : { twin: `for nowhere in ${team}` }),
        args(ground) {
          const memberId = person === 'nowhere' ? freshId() : ground.bystanders[person]
          return { role: 'member', teamId: ground.teams[team], memberId, secretHash: 'c'.repeat(64), ...terms }
        },
        key(standing, asker) {
          const here = teamRelation(team, standing, asker)
          if (here === 'nowhere') return 'nowhere, for nobody'
          const isNear = person !== 'nowhere' && (person === 'F') === (asker.plan.community === 'far')
          if (!isNear) return `${here}, for nobody`
          if (person === 'office') return `${here}, for an officer`
          return person === team ? `${here}, for a mate` : `${here}, for somebody of another team`
        },
      }
    }),
  )
  return [...plain, ...again]
}

const always =
  (key: string): Case['key'] =>
  () =>
    key
const ofHome =
  (where: 'home' | 'far' | 'nowhere'): Case['key'] =>
  (_standing, person) =>
    where === person.plan.community ? 'any' : 'nowhere'

function ofTheOffice(): Case[] {
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

function ofEverybody(): Case[] {
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

export const CASES: readonly Case[] = [
  ...atDoors(),
  ...assignments(),
  ...aboutTeams(),
  ...invitations(),
  ...ofTheOffice(),
  ...ofEverybody(),
]
