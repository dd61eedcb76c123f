import { afterEach, expect, test, vi } from 'vitest'
import HomeScreen from '../../../src/features/visits/HomeScreen.vue'
import StairwellScreen from '../../../src/features/visits/StairwellScreen.vue'
import { anId } from '../../factories/facts.ts'
import {
  button,
  hasButton,
  openDoorstep,
  putRounds,
  putStairwell,
  settled,
  tap,
  TEAM,
  type Doorstep,
} from '../doorstep.ts'

let doorstep: Doorstep
afterEach(() => doorstep.close())

test('before the first download has come through, home says how far it is', async () => {
  doorstep = await openDoorstep()
  await doorstep.set({ complete: false })
  const screen = await doorstep.show(HomeScreen)
  await vi.waitFor(() => expect(screen.text()).toContain('已收到 2 条'), { timeout: 10_000 })
  expect(screen.text()).toContain('正在第一次下载')
  expect(hasButton(screen, '练习敲门 假的楼、假的门，怎么点都不会记录。')).toBe(true)
})

test.each([
  ['member', '现在没有开放的轮次', null],
  ['officer', '现在没有开放的轮次', '/manage/rounds'],
] as const)('without a round a %s reads what to do next', async (role, title, path) => {
  doorstep = await openDoorstep({ role })
  const push = vi.spyOn(doorstep.router, 'push')
  const screen = await doorstep.show(HomeScreen)
  expect(screen.text()).toContain(title)
  if (path) await tap(screen, '去开轮次')
  expect(push.mock.calls.map(([to]) => to)).toEqual(path ? [path] : [])
})

test.each([
  ['member', TEAM, '请队长派一个楼梯给你', null],
  ['member', null, '你还没有编进服务队', null],
  ['leader', TEAM, '把楼梯派给本队', '去派楼'],
  ['officer', null, '先导入门户清单', '去导入'],
] as const)('without stairwells a %s (team %s) reads what to do next', async (role, team, words, action) => {
  doorstep = await openDoorstep({ role, team })
  await putRounds(doorstep)
  const screen = await doorstep.show(HomeScreen)
  expect(screen.text()).toContain(words)
  if (action) expect(hasButton(screen, action)).toBe(true)
})

test('one big button begins with what is handed to me; the team’s stairwells stand below with their state', async () => {
  doorstep = await openDoorstep()
  await putRounds(doorstep)
  await putStairwell(doorstep, { name: '1梯' })
  await putStairwell(doorstep, { name: '2梯', mine: true })
  await putStairwell(doorstep, { name: '3梯', handed: false })
  const screen = await doorstep.show(HomeScreen)
  expect(button(screen, /^(继续|开始)/).text()).toMatch(/^开始 3栋 2梯/)
  expect(screen.text()).toContain('0 / 6 户')
  expect(button(screen, /^3栋 1梯/).text()).toContain('6 户 · 还没敲')
  expect(screen.text()).not.toContain('3梯')
})

test('it goes on in the stairwell that was worked in last, with its floor, and shows tonight', async () => {
  doorstep = await openDoorstep()
  await putRounds(doorstep)
  const worked = await putStairwell(doorstep, { name: '1梯' })
  await putStairwell(doorstep, { name: '2梯', mine: true })
  const stairwell = await doorstep.show(StairwellScreen, { stairwellId: worked.id })
  await tap(stairwell, '201 未敲')
  await tap(stairwell, '约好再来')
  stairwell.unmount()
  const push = vi.spyOn(doorstep.router, 'push')
  const screen = await doorstep.show(HomeScreen)
  const big = button(screen, /^(继续|开始)/)
  expect(big.text()).toMatch(/^继续 3栋 1梯/)
  expect(big.text()).toContain('1 / 6 户 · 停在 2 楼')
  expect(screen.text()).toContain('20:00 开始 · 已敲 1 户')
  await tap(screen, '结束今晚')
  await tap(screen, /^继续 3栋 1梯/)
  expect(push.mock.calls.map(([to]) => to)).toEqual(['/evening', `/stairwell/${worked.id}`])
})

test('partners are chosen by name, and tonight’s session carries them', async () => {
  doorstep = await openDoorstep()
  await putRounds(doorstep)
  const stairwell = await putStairwell(doorstep)
  const mate = anId('mate')
  const bond = { role: 'member' as const, teamId: TEAM, from: 0, until: null }
  await doorstep.put('member', { id: mate, name: '示例乙', bonds: [bond] })
  await doorstep.put('member', { id: anId('other'), name: '外队', bonds: [{ ...bond, teamId: anId('other team') }] })
  const home = await doorstep.show(HomeScreen)
  await tap(home, '选同伴')
  expect(hasButton(home, '外队')).toBe(false)
  await tap(home, '示例乙')
  await tap(home, '好了')
  expect(home.text()).toContain('和 示例乙 一组 · 从上往下')
  home.unmount()
  const screen = await doorstep.show(StairwellScreen, { stairwellId: stairwell.id })
  await tap(screen, '301 未敲')
  await tap(screen, '无人应门')
  expect((await doorstep.saved())[0]).toMatchObject({ verb: 'session/start', args: { partnerIds: [mate] } })
})

test('an officer may open any stairwell, by estate and building', async () => {
  doorstep = await openDoorstep({ role: 'officer', team: null })
  await putRounds(doorstep)
  await putStairwell(doorstep, { name: '10梯', handed: false })
  const second = await putStairwell(doorstep, { name: '2梯', handed: false })
  const push = vi.spyOn(doorstep.router, 'push')
  const screen = await doorstep.show(HomeScreen)
  await tap(screen, '打开任意楼梯')
  const names = screen.findAll('.item .name').map((name) => name.text())
  expect(names.slice(0, 2)).toEqual(['3栋 2梯', '3栋 10梯'])
  await tap(screen, '3栋 2梯 6 户')
  expect(push).toHaveBeenCalledWith(`/stairwell/${second.id}`)
  await settled()
})
