import { describe, expect, test } from 'vitest'
import { put } from '../../../src/domain/put.ts'
import { fitsBond, termsOf } from '../../../src/domain/records/invite.ts'
import type { Bond, Role } from '../../../src/domain/records/member.ts'
import { after, anActor, anId, bodyOf, decide, EIGHT } from '../../factories/facts.ts'

const bond = (role: Role, team: string | null, until: number | null = null): Bond => {
  return { role, teamId: team === null ? null : anId(team), from: 1, until }
}
const person = (name: string, ...bonds: Bond[]) => put('member', { id: anId(name), name, bonds })
const team = (name: string) => put('team', { id: anId(name), name, revision: 1 })
const rows = [
  team('team'),
  team('other'),
  person('mate', bond('member', 'team')),
  person('co-leader', bond('leader', 'team')),
  person('stranger', bond('member', 'other')),
  person('moved', bond('member', 'team', EIGHT - 1), bond('member', 'other')),
  person('office', bond('officer', null)),
  person('promoted', bond('officer', 'team')),
  person('gone', bond('member', 'team', EIGHT - 1)),
]
const leader = anActor('leader', 'leader')
const officer = anActor('officer', 'officer', null)
const args = (role: Role, teamName: string | null, memberId?: string | null) => ({
  role,
  teamId: teamName === null ? null : anId(teamName),
  ...(memberId === undefined ? {} : { memberId }),
  secretHash: 'a'.repeat(64),
  codeHash: null,
  label: '',
  minutes: 15,
})

describe('invite/create for another phone of a known member', () => {
  test.each<[string, typeof leader, Role, string | null, string]>([
    ['a leader, a member of the team', leader, 'member', 'team', 'mate'],
    ['a leader, a fellow leader of the team', leader, 'leader', 'team', 'co-leader'],
    ['an officer, a member of any team', officer, 'member', 'other', 'stranger'],
    ['an officer, whoever changed teams, by the bond of now', officer, 'member', 'other', 'moved'],
    ['an officer, an officer', officer, 'officer', null, 'office'],
    ['an officer, an officer who has a team: outside every team’s scope', officer, 'officer', null, 'promoted'],
  ])('%s', (_story, actor, role, teamName, name) => {
    const made = after([], decide('invite/create', args(role, teamName, anId(name)), rows, { actor }))
    expect(bodyOf(made, 'invite')).toMatchObject([{ memberId: anId(name), role, state: 'open', deviceId: null }])
    expect(made[0]!.scope).toBe(teamName === null ? 'o' : `t:${anId(teamName)}`)
  })

  test.each<[string, typeof leader, Role, string | null, string, string]>([
    ['nobody of that name', officer, 'member', 'team', 'nobody', 'not_found'],
    ['a leader, somebody of another team', leader, 'member', 'team', 'stranger', 'not_allowed'],
    ['a leader, somebody who left the team', leader, 'member', 'team', 'moved', 'not_allowed'],
    ['a leader, an officer', leader, 'member', 'team', 'office', 'not_allowed'],
    ['a leader, an officer whose bond names the team', leader, 'member', 'team', 'promoted', 'not_allowed'],
    ['a leader, somebody whose bond ended', leader, 'member', 'team', 'gone', 'not_allowed'],
    ['an officer, somebody whose bond ended', officer, 'member', 'team', 'gone', 'bad_field'],
    ['another role than the bond’s', officer, 'leader', 'team', 'mate', 'bad_field'],
    ['another team than the bond’s', officer, 'member', 'other', 'mate', 'bad_field'],
    ['a member as an officer', officer, 'officer', null, 'mate', 'bad_field'],
    ['an officer in the scope of a team', officer, 'officer', 'team', 'promoted', 'bad_field'],
  ])('%s: refused', (_story, actor, role, teamName, name, code) => {
    const decision = decide('invite/create', args(role, teamName, anId(name)), rows, { actor })
    expect(decision).toEqual({ accepted: false, code })
  })

  test('a phone that does not hold the member refuses nothing; the server decides', () => {
    const how = { actor: leader, missing: 'unknownHere' as const }
    expect(decide('invite/create', args('member', 'team', anId('far')), [], how)).toMatchObject({ accepted: true })
  })

  test.each([undefined, null])('memberId %s is an invitation for somebody new', (memberId) => {
    const made = after([], decide('invite/create', args('member', 'team', memberId), rows, { actor: leader }))
    expect(bodyOf(made, 'invite')).toMatchObject([{ memberId: null }])
  })
})

test('an invitation fits the bond that it was made for, and no later one', () => {
  expect(fitsBond(termsOf(bond('leader', 'team')), bond('leader', 'team'))).toBe(true)
  expect(fitsBond(termsOf(bond('officer', 'team')), bond('officer', null))).toBe(true)
  expect(fitsBond(termsOf(bond('member', 'team')), bond('leader', 'team'))).toBe(false)
  expect(fitsBond(termsOf(bond('member', 'team')), bond('member', 'other'))).toBe(false)
})
