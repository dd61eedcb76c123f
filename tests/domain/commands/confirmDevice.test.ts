import { describe, expect, test } from 'vitest'
import { put } from '../../../src/domain/put.ts'
import type { Device } from '../../../src/domain/records/device.ts'
import { bondAt, type Bond, type Role } from '../../../src/domain/records/member.ts'
import { after, anActor, anId, bodyOf, decide, EIGHT } from '../../factories/facts.ts'

const memberId = anId('newcomer')
const teamId = anId('team')
const matchCode = '123456'

function aPhone(terms: { role: Role; teamId: string | null } = { role: 'member', teamId }): Device {
  return { id: anId('phone'), memberId, ...terms, name: '测试机', matchCode, state: 'pending', enrolledAt: EIGHT - 1 }
}
const aMember = (...bonds: Bond[]) => put('member', { id: memberId, name: '某人', bonds })
const since = (role: Role, team: string | null, until: number | null = null): Bond => {
  return { role, teamId: team, from: EIGHT - 1_000, until }
}
const confirm = (device: Device, ...bonds: Bond[]) => {
  const rows = [put('device', device), aMember(...bonds)]
  const args = { deviceId: device.id, memberId, teamId: device.teamId, matchCode }
  return { rows, decision: decide('device/confirm', args, rows, { actor: anActor('leader', 'leader') }) }
}

describe('device/confirm', () => {
  test('somebody new gets the bond that the invitation named', () => {
    const { rows, decision } = confirm(aPhone())
    const [member] = bodyOf(after(rows, decision), 'member')
    expect(bondAt(member!, EIGHT)).toMatchObject({ role: 'member', teamId })
  })
  test('another phone of a member who still stands there is let in, and the bond stays', () => {
    const { rows, decision } = confirm(aPhone(), since('member', teamId))
    const now = after(rows, decision)
    expect(bodyOf(now, 'device')).toMatchObject([{ state: 'active' }])
    expect(bodyOf(now, 'member')).toMatchObject([{ bonds: [{ from: EIGHT - 1_000, until: null }] }])
  })
  test.each([
    ['went to another team', since('member', anId('other team'))],
    ['became an officer, whose phones no leader lets in', since('officer', null)],
    ['became a leader', since('leader', teamId)],
    ['left', since('member', teamId, EIGHT - 10)],
  ])('a phone whose member %s since it was enrolled is not let in', (_, bond) => {
    expect(confirm(aPhone(), bond).decision).toEqual({ accepted: false, code: 'not_allowed' })
  })
})
