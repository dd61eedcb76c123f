import { freshId } from '../harness/wireWorld.ts'
import { PLACES, relation, roundOf, teamRelation, twinOf, type Case } from './Case.ts'
import type { Ground, Person } from './Ground.ts'
import { DAYS } from './people.ts'

/** A stairwell handed to a team. */
export function assignments(): Case[] {
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

/** What lies in a team: phones, holds and invitations. */
export function aboutTeams(): Case[] {
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
    ...(['device/drain', 'device/revoke'] as const).flatMap((verb) =>
      ofTeams(
        verb,
        (ground, story) => {
          const found = phone(ground, 'active', story)
          return found && { deviceId: found.id }
        },
        but('gone', 'moved', 'risen'),
        { deviceId: freshId() },
        tail,
      ),
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

/** Invitations for somebody new, and for another phone of somebody known. */
export function invitations(): Case[] {
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
