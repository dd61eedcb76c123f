import { describe, expect, test } from 'vitest'
import { currentAssignments, entitle, judge, mayRead, POLICY } from '../../src/domain/access.ts'
import type { Role } from '../../src/domain/records/member.ts'
import { VERBS, type Verb } from '../../src/domain/verbs.ts'
import { anActor, anId, EIGHT } from '../factories/facts.ts'

const HOUR = 3_600_000
const ours = anId('team')
const theirs = anId('other team')
const grants = (teamId: string, from = EIGHT - HOUR, until: number | null = null) => [
  {
    id: anId('assignment'),
    stairwellId: anId('stairwell'),
    roundId: anId('round'),
    revision: 1,
    grants: [{ teamId, memberIds: [], from, until, leaseUntil: null }],
  },
]
/** Arguments that matter to the policy; the rules behind them are tested with their commands. */
const args = (teamId: string | null = ours, role: Role = 'member') => ({ stairwellId: anId('stairwell'), teamId, role })
const verdict = (
  verb: Verb,
  role: Role,
  given: ReturnType<typeof args> = args(),
  assignments = grants(ours),
  done = EIGHT,
) => judge(POLICY[verb], given, anActor(role), assignments, assignments, done, EIGHT)

/** Written from the documents: M member, L leader, O officer; lower case means held until a leader has looked. */
const EXPECTED: Record<Verb, { own: string; foreign: string }> = {
  'activity/save': { own: 'O', foreign: 'O' },
  'activity/sign-up': { own: 'MLO', foreign: 'MLO' },
  'activity/withdraw': { own: 'MLO', foreign: 'MLO' },
  'assignment/save': { own: 'LO', foreign: 'O' },
  'community/save': { own: 'O', foreign: 'O' },
  'device/confirm': { own: 'LO', foreign: 'LO' },
  'device/drain': { own: 'LO', foreign: 'LO' },
  'device/report-loss': { own: 'MLO', foreign: 'MLO' },
  'device/revoke': { own: 'LO', foreign: 'LO' },
  'door/add': { own: 'MLO', foreign: 'mlO' },
  'door/confirm': { own: 'LO', foreign: 'O' },
  'door/do-not-knock': { own: 'O', foreign: 'O' },
  'door/rename': { own: 'MLO', foreign: 'mlO' },
  'door/retire': { own: 'MLO', foreign: 'mlO' },
  'hold/settle': { own: 'LO', foreign: 'LO' },
  'invite/create': { own: 'LO', foreign: 'LO' },
  'invite/withdraw': { own: 'LO', foreign: 'LO' },
  'member/bond': { own: 'O', foreign: 'O' },
  'quiz/record': { own: 'MLO', foreign: 'mlO' },
  'roster/import-stairwell': { own: 'O', foreign: 'O' },
  'round/save': { own: 'O', foreign: 'O' },
  'session/end': { own: 'MLO', foreign: 'MLO' },
  'session/start': { own: 'MLO', foreign: 'MLO' },
  'stairwell/access-note': { own: 'MLO', foreign: 'mlO' },
  'stairwell/redact-note': { own: 'MLO', foreign: 'O' },
  'team/save': { own: 'O', foreign: 'O' },
  'visit/no-entry': { own: 'MLO', foreign: 'mlO' },
  'visit/record': { own: 'MLO', foreign: 'mlO' },
  'visit/void': { own: 'MLO', foreign: 'mlO' },
  'wish/claim': { own: 'MLO', foreign: 'MLO' },
  'wish/close': { own: 'O', foreign: 'O' },
  'wish/fulfil': { own: 'MLO', foreign: 'MLO' },
  'wish/give-back': { own: 'MLO', foreign: 'MLO' },
  'wish/publish': { own: 'O', foreign: 'O' },
}
const LETTERS: Record<Role, string> = { member: 'M', leader: 'L', officer: 'O' }

describe('the policy', () => {
  test('names every verb and no other', () => {
    expect(Object.keys(POLICY).sort()).toEqual(Object.keys(VERBS).sort())
    expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(VERBS).sort())
  })

  test.each(Object.entries(EXPECTED))('%s', (verb, { own, foreign }) => {
    const read = (assignments: ReturnType<typeof grants>) =>
      (['member', 'leader', 'officer'] as const)
        .map((role) => {
          const said = verdict(verb as Verb, role, args(), assignments)
          return said === 'deny' ? '' : said === 'hold' ? LETTERS[role].toLowerCase() : LETTERS[role]
        })
        .join('')
    expect(read(grants(ours))).toBe(own)
    expect(read(grants(theirs))).toBe(foreign)
  })

  test('[SYNC-5] a visit made while the grant held is allowed for ever, one made before or after it is held', () => {
    const past = grants(ours, EIGHT - 3 * HOUR, EIGHT - HOUR)
    expect(verdict('visit/record', 'member', args(), past, EIGHT - 2 * HOUR)).toBe('allow')
    expect(verdict('visit/record', 'member', args(), past, EIGHT)).toBe('hold')
    expect(verdict('visit/record', 'member', args(), past, EIGHT - 4 * HOUR)).toBe('hold')
    expect(verdict('visit/record', 'member', args(), [], EIGHT)).toBe('hold')
  })

  test.each([
    'assignment/save',
    'device/confirm',
    'device/drain',
    'device/revoke',
    'hold/settle',
    'invite/create',
    'invite/withdraw',
  ] as const)('%s: a leader keeps to the own team', (verb) => {
    expect(verdict(verb, 'leader', args(theirs))).toBe('deny')
    expect(verdict(verb, 'leader', args(null))).toBe('deny')
    expect(verdict(verb, 'officer', args(theirs))).toBe('allow')
  })

  test('a grant of a round that is over counts for nobody once the next round has handed the stairwell out', () => {
    const [first] = grants(theirs)
    const [second] = grants(ours, EIGHT)
    const both = [first!, { ...second!, id: anId('second'), roundId: anId('next round') }]
    const teams = (open: string[]) => currentAssignments(both, new Set(open)).map((entry) => entry.grants[0]!.teamId)
    expect(teams([anId('next round')])).toEqual([ours])
    expect(teams([anId('round')])).toEqual([theirs])
    expect(teams([])).toEqual([ours])
  })

  test('a leader makes no officers', () => {
    expect(verdict('invite/create', 'leader', args(ours, 'officer'))).toBe('deny')
    expect(verdict('invite/create', 'leader', args(ours, 'leader'))).toBe('allow')
    expect(verdict('invite/create', 'officer', args(null, 'officer'))).toBe('allow')
  })
})

describe('what a person may read', () => {
  const scopesOf = (role: Role) => entitle(anActor(role), anId('member phone'), [anId('stairwell')], [anId('mate')])
  const scope = {
    community: 'c',
    own: `m:${anId('member')}`,
    ownPrivate: `p:${anId('member')}`,
    ownDevice: `d:${anId('member phone')}`,
    stairwell: `s:${anId('stairwell')}`,
    otherStairwell: `s:${anId('elsewhere')}`,
    team: `t:${ours}`,
    otherTeam: `t:${theirs}`,
    mate: `m:${anId('mate')}`,
    stranger: `m:${anId('stranger')}`,
    matePrivate: `p:${anId('mate')}`,
    mateDevice: `d:${anId('mate phone')}`,
    officers: 'o',
  }
  const always = ['community', 'own', 'ownPrivate', 'ownDevice', 'stairwell']
  test.each([
    ['member', always],
    ['leader', [...always, 'team', 'mate']],
    ['officer', Object.keys(scope).filter((name) => name !== 'matePrivate' && name !== 'mateDevice')],
  ] as const)('%s', (role, readable) => {
    const granted = Object.entries(scope).filter(([, name]) => mayRead(scopesOf(role), name))
    expect(granted.map(([name]) => name).sort()).toEqual([...readable].sort())
  })
})
