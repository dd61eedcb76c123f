import { describe, expect, test } from 'vitest'
import { put } from '../../../src/domain/put.ts'
import { holdsDoorCode } from '../../../src/domain/roster/holdsDoorCode.ts'
import type { Change } from '../../../src/domain/record.ts'
import { grantAt } from '../../../src/domain/records/assignment.ts'
import { bondAt } from '../../../src/domain/records/member.ts'
import { mintStairwellId } from '../../../src/domain/records/stairwell.ts'
import { after, anActor, anId, aRound, aStairwell, bodyOf, COMMUNITY, decide, EIGHT } from '../../factories/facts.ts'

const stairwellId = anId('stairwell')
const roundId = anId('round')
const house = [aStairwell(), aRound(), put('team', { id: anId('team'), name: '一队', revision: 1 })]
const stairwellOf = (rows: readonly Change[]) => bodyOf(rows, 'stairwell')[0]!
const doorIds = stairwellOf(house).doors.map((door) => door.id)

describe('stairwell/access-note', () => {
  const note = (text: string, baseRevision: number) => ({ stairwellId, baseRevision, note: text })
  test('two who edit from the same base: the second is told', () => {
    const first = after(house, decide('stairwell/access-note', note('找保安', 0), house))
    expect(decide('stairwell/access-note', note('按门铃', 0), first)).toEqual({
      accepted: false,
      code: 'stale_revision',
    })
    const mended = after(first, decide('stairwell/access-note', note('找保安或按门铃', 1), first))
    expect(stairwellOf(mended)).toMatchObject({ accessNote: '找保安或按门铃', accessNoteRevision: 2 })
  })
  test.each(['密码 1234', '门禁密码：２５８０', '#5566*', '按 123456 开门', 'PIN 789', '口令8888'])(
    '%s gives a door away',
    (text) => {
      expect(holdsDoorCode(text)).toBe(true)
      expect(decide('stairwell/access-note', note(text, 0), house)).toEqual({
        accepted: false,
        code: 'door_code_in_note',
      })
    },
  )
  test.each(['找保安登记', '3 楼转左', '晚上 9 点后锁门', '103 房有钥匙', ''])('%s gives nothing away', (text) => {
    expect(holdsDoorCode(text)).toBe(false)
  })
})

describe('doors', () => {
  test('door/add twice is one door; a former label is never given to another door', () => {
    const add = { stairwellId, level: 3, label: '３０１房', kind: 'home' as const }
    const once = after(house, decide('door/add', add, house))
    expect(stairwellOf(after(once, decide('door/add', add, once))).doors).toHaveLength(5)
    const renamed = after(house, decide('door/rename', { stairwellId, doorId: doorIds[0]!, label: '101A' }, house))
    expect(decide('door/add', { ...add, level: 1, label: '101' }, renamed)).toEqual({
      accepted: false,
      code: 'label_retired',
    })
    const other = { stairwellId, doorId: doorIds[1]!, label: '101' }
    expect(decide('door/rename', other, renamed)).toEqual({ accepted: false, code: 'label_retired' })
  })
  test('door/rename onto a standing door is refused; the id never changes', () => {
    const taken = { stairwellId, doorId: doorIds[0]!, label: '102' }
    expect(decide('door/rename', taken, house)).toEqual({ accepted: false, code: 'label_taken' })
    const renamed = stairwellOf(after(house, decide('door/rename', { ...taken, label: '103' }, house)))
    expect(renamed.doors[0]).toMatchObject({ id: doorIds[0], label: '103', former: ['101'], state: 'toConfirm' })
  })
  test('door/retire and door/confirm', () => {
    const gone = after(house, decide('door/retire', { stairwellId, doorId: doorIds[0]! }, house))
    expect(stairwellOf(gone).doors[0]!.state).toBe('retired')
    const back = after(gone, decide('door/confirm', { stairwellId, doorId: doorIds[0]!, stands: true }, gone))
    expect(stairwellOf(back).doors[0]!.state).toBe('confirmed')
    expect(decide('door/retire', { stairwellId, doorId: anId('nowhere') }, house)).toMatchObject({ code: 'not_found' })
  })
})

describe('roster/import-stairwell', () => {
  const place = { estate: '华兴苑', building: '1栋', stairwell: 'A梯' }
  const door = (label: string, column = 0) => ({ label, level: Number(label[0]), kind: 'home' as const, column })
  const floors = [1, 2].map((level) => ({ level, label: String(level) }))
  const imported = (labels: readonly string[], rows: readonly Change[] = []) => {
    const args = { ...place, floors, doors: labels.map((label, index) => door(label, index % 2)) }
    return after(rows, decide('roster/import-stairwell', args, rows, { actor: anActor('officer', 'officer', null) }))
  }
  test('importing again keeps every door under its id, and what the list forgot', () => {
    const first = imported(['101', '102', '201'])
    const id = mintStairwellId(COMMUNITY, '华兴苑', '1栋', 'A梯')
    const renamed = after(
      first,
      decide('door/rename', { stairwellId: id, doorId: stairwellOf(first).doors[0]!.id, label: '1A' }, first),
    )
    const again = imported(['101', '102', '202'], renamed)
    expect(stairwellOf(again).doors.map((entry) => entry.label)).toEqual(['1A', '102', '202', '201'])
    const spots = stairwellOf(again).doors.map(({ level, column }) => `${level} ${column}`)
    expect(new Set(spots).size).toBe(4)
    expect(stairwellOf(again).doors[0]!.id).toBe(stairwellOf(first).doors[0]!.id)
    expect(stairwellOf(again).revision).toBe(stairwellOf(renamed).revision + 1)
  })
  test('a retired door stays retired, an access note stays', () => {
    const first = imported(['101', '102'])
    const { id, doors } = stairwellOf(first)
    const gone = after(first, decide('door/retire', { stairwellId: id, doorId: doors[0]!.id }, first))
    const noted = after(
      gone,
      decide('stairwell/access-note', { stairwellId: id, baseRevision: 0, note: '找保安' }, gone),
    )
    const again = stairwellOf(imported(['101', '102'], noted))
    expect(again.doors[0]!.state).toBe('retired')
    expect(again.accessNote).toBe('找保安')
  })
})

describe('assignment/save', () => {
  const give = (teamId: string | null, baseRevision: number) => {
    return { stairwellId, roundId, baseRevision, teamId, memberIds: [], leaseUntil: null }
  }
  test('grants are intervals that follow each other; nothing is overwritten', () => {
    const other = put('team', { id: anId('other'), name: '二队', revision: 1 })
    const rows = [...house, other]
    const first = after(rows, decide('assignment/save', give(anId('team'), 0), rows, { at: EIGHT }))
    const moved = after(first, decide('assignment/save', give(anId('other'), 1), first, { at: EIGHT + 1_000 }))
    const taken = after(moved, decide('assignment/save', give(null, 2), moved, { at: EIGHT + 2_000 }))
    const [entry] = bodyOf(taken, 'assignment')
    expect(grantAt(entry!, EIGHT)?.teamId).toBe(anId('team'))
    expect(grantAt(entry!, EIGHT + 1_000)?.teamId).toBe(anId('other'))
    expect(grantAt(entry!, EIGHT + 2_000)).toBeUndefined()
    expect(decide('assignment/save', give(null, 1), taken)).toEqual({ accepted: false, code: 'stale_revision' })
  })
  test('a team or a stairwell that is not there', () => {
    expect(decide('assignment/save', give(anId('nobody'), 0), house)).toMatchObject({ code: 'not_found' })
    expect(decide('assignment/save', give(anId('team'), 0), [aRound()])).toMatchObject({ code: 'not_found' })
  })
})

describe('people', () => {
  const person = (name: string, role: 'officer' | 'member') =>
    put('member', { id: anId(name), name, bonds: [{ role, teamId: null, from: EIGHT - 1, until: null }] })
  test('the last officer cannot be removed or demoted', () => {
    const rows = [person('one', 'officer'), person('two', 'member')]
    const demote = { memberId: anId('one'), role: 'member' as const, teamId: null, active: true }
    expect(decide('member/bond', demote, rows)).toEqual({ accepted: false, code: 'last_officer' })
    const promoted = after(rows, decide('member/bond', { ...demote, memberId: anId('two'), role: 'officer' }, rows))
    const left = after(promoted, decide('member/bond', demote, promoted, { at: EIGHT + 5 }))
    const one = bodyOf(left, 'member').find((member) => member.id === anId('one'))!
    expect(bondAt(one, EIGHT)?.role).toBe('officer')
    expect(bondAt(one, EIGHT + 5)?.role).toBe('member')
  })

  const pending = put('device', {
    id: anId('phone'),
    memberId: anId('new'),
    role: 'member',
    teamId: anId('team'),
    name: '手机',
    matchCode: '123456',
    state: 'pending',
    enrolledAt: EIGHT,
  })
  const joining = [pending, put('member', { id: anId('new'), name: '新', bonds: [] })]
  const confirm = { deviceId: anId('phone'), memberId: anId('new'), teamId: anId('team'), matchCode: '123456' }
  test('device/confirm gives the bond that the invitation promised, and only with the right six digits', () => {
    expect(decide('device/confirm', { ...confirm, matchCode: '654321' }, joining)).toMatchObject({
      code: 'match_code_wrong',
    })
    const joined = after(joining, decide('device/confirm', confirm, joining))
    expect(bodyOf(joined, 'device')[0]!.state).toBe('active')
    expect(bondAt(bodyOf(joined, 'member')[0]!, EIGHT)).toMatchObject({ role: 'member', teamId: anId('team') })
    expect(decide('device/confirm', { ...confirm, teamId: anId('other') }, joining)).toMatchObject({
      code: 'not_found',
    })
  })
  test('a leader neither stops the phone of somebody who moved on nor lets an officer in', () => {
    const leader = { actor: anActor('leader', 'leader') }
    const revoke = { deviceId: anId('phone'), teamId: anId('team') }
    const became = (role: 'officer' | 'member', team: string | null) => {
      const bond = { role, teamId: team === null ? null : anId(team), from: EIGHT - 1, until: null }
      return [pending, put('member', { id: anId('new'), name: '新', bonds: [bond] })]
    }
    expect(decide('device/revoke', revoke, joining, leader).accepted).toBe(true)
    expect(decide('device/revoke', revoke, became('member', 'team'), leader).accepted).toBe(true)
    expect(decide('device/revoke', revoke, became('member', 'other'), leader)).toMatchObject({ code: 'not_allowed' })
    expect(decide('device/revoke', revoke, became('officer', null), leader)).toMatchObject({ code: 'not_allowed' })
    const officer = put('device', { ...bodyOf(joining, 'device')[0]!, role: 'officer' })
    const rows = [officer, joining[1]!]
    expect(decide('device/confirm', confirm, rows, leader)).toMatchObject({ code: 'not_allowed' })
    const invite = {
      role: 'officer' as const,
      teamId: anId('team'),
      secretHash: 'a'.repeat(64),
      codeHash: null,
      label: '',
      minutes: 15,
    }
    expect(decide('invite/create', invite, house)).toMatchObject({ code: 'bad_field' })
  })
  test('a revoked phone is not confirmed any more', () => {
    const revoke = { deviceId: anId('phone'), teamId: anId('team') }
    const revoked = after(joining, decide('device/revoke', revoke, joining))
    expect(decide('device/confirm', confirm, revoked)).toMatchObject({ code: 'not_pending' })
  })
  test('a phone in use is drained, one that was never let in is ended, and an end stays the end', () => {
    const which = { deviceId: anId('phone'), teamId: anId('team') }
    const stateAfter = (rows: readonly Change[]) =>
      bodyOf(after(rows, decide('device/drain', which, rows)), 'device')[0]!.state
    const standing = (state: 'pending' | 'active' | 'draining' | 'revoked') => [
      put('device', { ...bodyOf(joining, 'device')[0]!, state }),
      joining[1]!,
    ]
    expect(stateAfter(standing('pending'))).toBe('revoked')
    expect(stateAfter(standing('active'))).toBe('draining')
    expect(decide('device/drain', which, standing('draining'))).toEqual({ accepted: true, changes: [] })
    expect(decide('device/drain', which, standing('revoked'))).toEqual({ accepted: true, changes: [] })
    const draining = standing('draining')
    expect(bodyOf(after(draining, decide('device/revoke', which, draining)), 'device')[0]!.state).toBe('revoked')
    expect(decide('device/confirm', confirm, draining)).toMatchObject({ code: 'not_pending' })
  })
  test('hold/settle once', () => {
    const hold = put('hold', {
      id: anId('hold'),
      commandId: anId('command'),
      memberId: anId('new'),
      teamId: anId('team'),
      verb: 'visit/record',
      why: 'notGranted',
      stairwellId,
      doorLabel: '101',
      claimedAt: EIGHT,
      state: 'waiting',
    })
    const settle = { holdId: anId('hold'), teamId: anId('team'), counts: true }
    const settled = after([hold], decide('hold/settle', settle, [hold]))
    expect(bodyOf(settled, 'hold')[0]!.state).toBe('accepted')
    expect(decide('hold/settle', settle, settled)).toMatchObject({ code: 'already_settled' })
  })
  test('an invitation runs out after its minutes, and is withdrawn once', () => {
    const invite = {
      role: 'member' as const,
      teamId: anId('team'),
      secretHash: 'a'.repeat(64),
      codeHash: null,
      label: '',
      minutes: 15,
    }
    const rows = after(house, decide('invite/create', invite, house))
    const [made] = bodyOf(rows, 'invite')
    expect(made).toMatchObject({ state: 'open', expiresAt: EIGHT + 15 * 60_000 })
    const withdraw = { inviteId: made!.id, teamId: anId('team') }
    const gone = after(rows, decide('invite/withdraw', withdraw, rows))
    expect(decide('invite/withdraw', withdraw, gone)).toMatchObject({ code: 'invite_dead' })
  })
})

describe('an evening', () => {
  test('ends once, in a record that is frozen with its hash', () => {
    const started = decide('session/start', { roundId, partnerIds: [] }, house, { id: 'evening' })
    const rows = after(house, started)
    const [session] = bodyOf(rows, 'session')
    const end = { sessionId: session!.id, sentence: '大家都热情' }
    const at = EIGHT + 55 * 60_000
    const ended = after(rows, decide('session/end', end, rows, { at }))
    const [record] = bodyOf(ended, 'serviceRecord')
    expect(record).toMatchObject({ state: 'submitted', minutes: 55, doors: 0, sentence: '大家都热情', revision: 1 })
    expect(record!.revisionHash).toMatch(/^[0-9a-f]{64}$/)
    expect(decide('session/end', end, ended)).toEqual({ accepted: false, code: 'session_ended' })
    const number = { ...end, sentence: '住户电话138 0013 8000' }
    expect(decide('session/end', number, rows, { at })).toEqual({ accepted: false, code: 'digits_in_text' })
    const stranger = anActor('member', 'stranger')
    expect(decide('session/end', end, rows, { actor: stranger })).toEqual({ accepted: false, code: 'not_found' })
  })
})
