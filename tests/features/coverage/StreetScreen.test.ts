import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { save } from '../../../src/db/here.ts'
import { mintFoldedId } from '../../../src/domain/records/folded.ts'
import type { Outcome } from '../../../src/domain/outcome.ts'
import StreetScreen from '../../../src/features/coverage/StreetScreen.vue'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let screen: VueWrapper | undefined

const stairwells = [
  aStairwell(),
  aStairwell({ id: 'stairwell-00000002', building: '10栋', stairwell: '' }),
  aStairwell({ id: 'stairwell-00000003', building: '9栋', stairwell: '' }),
]

beforeEach(async () => {
  phone = await openScreenPhone()
  await phone.put('stairwell', ...stairwells)
  await phone.put('round', aRound())
  const bonds = [{ role: 'officer' as const, teamId: null, from: 0, until: null }]
  await phone.put('member', { id: phone.memberId, name: '示例甲', bonds })
})
afterEach(() => {
  screen?.unmount()
  phone.close()
})

async function openStreet(path = '/coverage') {
  const router = await openRouter(path)
  screen = mount(StreetScreen, { attachTo: document.body, global: { plugins: [router] } })
  await waitUntil(() => screen!.find('[data-card], .empty').exists(), { what: 'the street' })
  return router
}

const knock = (label: string, outcome: Outcome, stairwellId = stairwells[0]!.id) =>
  save('visit/record', { stairwellId, roundId: aRound().id, level: 3, label, outcome, sessionId: null })
const names = () => screen!.findAll('[data-card]').map((card) => card.attributes('aria-label'))
const chip = (label: string) => screen!.findAll('button').find((button) => button.text().startsWith(label))!

test('the heading names the estate, every card prints its figures, and houses stand in the order of their numbers', async () => {
  await knock('301', 'met')
  await knock('302', 'brief')
  await openStreet()
  expect(screen!.get('h1').text()).toBe('进度 · 华兴苑')
  expect(names()).toEqual([
    '3栋 2梯，2 户，已敲 2，见到 1，问答 0，上次去是今天，本轮未派',
    '9栋，2 户，已敲 0，见到 0，问答 0，没去过，本轮未派',
    '10栋，2 户，已敲 0，见到 0，问答 0，没去过，本轮未派',
  ])
  expect(screen!.get('[data-card]').text()).toContain('2/2 · 今天')
  expect(screen!.text()).toContain('已敲 2 / 6 · 见到 1 · 问答 0')
})

test('a visit from another round keeps a stairwell from counting as never visited', async () => {
  await knock('301', 'notHome')
  phone.clock.tick(12 * 86_400_000)
  await phone.put('round', aRound({ id: 'round-000000000002', number: 2, name: '二轮' }))
  await openStreet()
  expect(screen!.get('[data-card]').text()).toContain('0/2 · 12天前')
})

test('what a phone said it may have lost is read by its leader, for a fortnight', async () => {
  const noticedAt = phone.clock.now()
  const rest = { deviceId: phone.deviceId, memberId: phone.memberId, teamId: null, code: 'fellBack' as const }
  await phone.put('phoneLoss', { id: 'loss-0000000000001', ...rest, atMost: 3, noticedAt })
  await openStreet()
  const loss = /示例甲.*最多 3 条/
  expect(screen!.findAll('.late').map((line) => line.text())).toEqual([expect.stringMatching(loss)])
  screen!.unmount()
  phone.clock.tick(15 * 86_400_000)
  await openStreet()
  expect(screen!.text()).not.toMatch(loss)
})

test('[SYNC-12] a folded round keeps its figures and the day of the last visit', async () => {
  const { id: stairwellId, doors } = stairwells[0]!
  const { id: roundId } = aRound()
  const reached = { [doors[0]!.id]: { on: '2026-11-09', reach: 'met' as const } }
  const counts = { visits: 1, voided: 0, noEntries: 0, doors: reached, members: {}, items: {} }
  const rest = { stairwellId, roundId, folds: 1, foldedOn: '2026-11-10' }
  await phone.put('folded', { id: mintFoldedId(roundId, stairwellId), ...rest, ...counts })
  await openStreet()
  expect(screen!.get('[data-card]').text()).toContain('1/2 · 12天前')
  expect(screen!.text()).toContain('已敲 1 / 6 · 见到 1 · 问答 0')
  expect(screen!.text()).toContain('每户明细已按规定合并')
})

test('最久没去 puts the never visited first, stands in the address and keeps the others', async () => {
  await knock('301', 'met')
  const router = await openStreet()
  await chip('最久没去').trigger('click')
  await waitUntil(() => names()[0]?.startsWith('9栋'), { what: 'forgotten first' })
  expect(names()[2]).toMatch(/^3栋 2梯/)
  await waitUntil(() => router.currentRoute.value.query['show'] === 'forgotten')
})

test('未派 leaves out what a team holds', async () => {
  const grants = [{ teamId: 'team-0000000000001', memberIds: [], from: 0, until: null, leaseUntil: null }]
  const { id: stairwellId } = stairwells[1]!
  const { mintAssignmentId } = await import('../../../src/domain/records/assignment.ts')
  const assignment = { id: mintAssignmentId(aRound().id, stairwellId), stairwellId, roundId: aRound().id, grants }
  await phone.put('assignment', { ...assignment, revision: 1 })
  await openStreet('/coverage?show=unassigned')
  expect(names().map((name) => name?.split('，')[0])).toEqual(['3栋 2梯', '9栋'])
})

test('freshness counts other phones with unsent work, and names nobody before a day has passed', async () => {
  await phone.put('member', { id: 'member-00000000002', name: '示例乙', bonds: [] })
  const reportedAt = phone.clock.now()
  await phone.put(
    'deviceReport',
    { id: 'device-00000000002', memberId: 'member-00000000002', unsent: 3, reportedAt },
    { id: 'device-00000000003', memberId: 'member-00000000002', unsent: 0, reportedAt },
    { id: phone.deviceId, memberId: phone.memberId, unsent: 9, reportedAt },
    { id: 'device-00000000004', memberId: 'member-00000000002', unsent: 2, reportedAt },
  )
  const stopped = { memberId: 'member-00000000002', role: 'member' as const, teamId: null, name: '', matchCode: '000000' }
  await phone.put('device', { id: 'device-00000000004', ...stopped, state: 'revoked', enrolledAt: 0 })
  await openStreet()
  expect(screen!.text()).toContain('数据截至 19:50，1 台手机未同步')
  expect(screen!.text()).not.toContain('示例乙')
  phone.clock.tick(25 * 3_600_000)
  await phone.set({ syncedAt: phone.clock.now() })
  await waitUntil(() => screen!.text().includes('示例乙'), { what: 'the name after a day' })
  expect(screen!.text()).toContain('数据截至 21:00，1 台手机未同步')
})

test('the denominator is explained on tap, and nobody is ranked', async () => {
  await knock('301', 'vacant')
  await openStreet()
  expect(screen!.text()).toContain('已敲 0 / 5')
  const line = screen!.get('button[aria-expanded]')
  await line.trigger('click')
  expect(line.attributes('aria-expanded')).toBe('true')
  expect(screen!.text()).toContain('分母 5 户是名单上的住宅')
  expect(screen!.text()).not.toContain('示例甲')
})

test('the table prints every number and leads to the stairwell', async () => {
  await knock('301', 'met')
  const router = await openRouter('/coverage?view=table')
  screen = mount(StreetScreen, { attachTo: document.body, global: { plugins: [router] } })
  await waitUntil(() => screen!.find('table').exists(), { what: 'the table' })
  const cells = screen!.findAll('tbody tr')[0]!.findAll('th, td')
  expect(cells.map((cell) => cell.text())).toEqual(['3栋 2梯', '2', '1', '1', '0', '今天'])
  await screen!.get('tbody a').trigger('click', { button: 0 })
  await waitUntil(() => router.currentRoute.value.path === `/coverage/${stairwells[0]!.id}`)
})

test('with no stairwell yet it says what to do next', async () => {
  await phone.database.records.clear()
  await openStreet()
  expect(screen!.text()).toContain('还没有楼梯')
})
