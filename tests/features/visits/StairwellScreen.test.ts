import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mintDoNotKnockId } from '../../../src/domain/records/doNotKnock.ts'
import type { Stairwell } from '../../../src/domain/records/stairwell.ts'
import StairwellScreen from '../../../src/features/visits/StairwellScreen.vue'
import { preferences, setPreference } from '../../../src/ui/preferences.ts'
import {
  button,
  hasButton,
  openDoorstep,
  putRounds,
  putStairwell,
  ROUND,
  settled,
  tap,
  type Doorstep,
} from '../doorstep.ts'

let doorstep: Doorstep
let stairwell: Stairwell
beforeEach(async () => {
  doorstep = await openDoorstep()
  await putRounds(doorstep)
  stairwell = await putStairwell(doorstep, { accessNote: '找保安登记' })
})
afterEach(() => doorstep.close())

const show = () => doorstep.show(StairwellScreen, { stairwellId: stairwell.id })
const doorId = (label: string) => stairwell.doors.find((door) => door.label === label)!.id
const visits = async () => (await doorstep.saved()).filter(({ verb }) => verb === 'visit/record')

const OUTCOMES = '见到住户 只说几句 大人不在 约好再来 无人应门 这次不便 请勿打扰 看似空置 非住宅 查无此门 问一题'.split(
  ' ',
)

test('the title echoes the ledger’s words, and the line of truth says what counts and until when', async () => {
  await doorstep.put('deviceReport', {
    id: 'another-phone-000001',
    memberId: 'another-member-00001',
    unsent: 2,
    reportedAt: 1,
  })
  const screen = await show()
  expect(screen.get('h1').text()).toBe('3栋 2梯')
  expect(screen.get('.fresh').text()).toBe('数据截至 19:30，1 台手机未同步')
  expect(screen.text()).toContain('6 户 · 已敲 0 · 见到 0 · 问答 0')
  expect(screen.text()).toContain('找保安登记')
})

test('a door offers the outcomes under exactly their names; hints are no part of a name', async () => {
  const screen = await show()
  await tap(screen, '301 未敲')
  for (const name of OUTCOMES) expect(hasButton(screen, name), name).toBe(true)
  expect(screen.get('[data-outcome="notHome"]').text()).toContain('到下一户 302')
})

test('[SYNC-1] one tap on a window and one on an outcome: saved in a session that began by itself', async () => {
  const screen = await show()
  await tap(screen, '301 未敲')
  await tap(screen, '无人应门')
  const [session, visit] = await doorstep.saved()
  expect(session).toMatchObject({ verb: 'session/start', args: { roundId: ROUND, partnerIds: [] } })
  const rows = await doorstep.database.records.where('[kind+id]').between(['session', ''], ['session', '~']).toArray()
  expect(visit).toMatchObject({ verb: 'visit/record', args: { label: '301', level: 3, outcome: 'notHome' } })
  expect(visit?.args.sessionId).toBe(rows[0]?.id)
  expect(hasButton(screen, '301 无人')).toBe(true)
  expect(screen.get('dialog h2').text()).toBe('302')
  await tap(screen, '这次不便')
  expect((await doorstep.saved()).map(({ verb }) => verb)).toEqual(['session/start', 'visit/record', 'visit/record'])
})

test('见到 and 只说几句 stay at the door; every other outcome goes on to the next untouched one', async () => {
  const screen = await show()
  await tap(screen, '301 未敲')
  await tap(screen, '见到住户')
  expect(screen.get('dialog h2').text()).toBe('301')
  expect(hasButton(screen, '301 见到')).toBe(true)
  await tap(screen, '只说几句')
  expect(screen.get('dialog h2').text()).toBe('301')
  await tap(screen, '下一户 302')
  const onward = ['大人不在', '约好再来', '看似空置', '非住宅']
  for (const [index, outcome] of onward.entries()) {
    expect(screen.get('dialog h2').text()).toBe(['302', '201', '202', '101'][index])
    await tap(screen, outcome)
  }
  expect(screen.get('dialog h2').text()).toBe('102')
  await tap(screen, '查无此门')
  expect(screen.find('dialog h2').exists()).toBe(false)
  expect(screen.text()).toContain('这个楼梯都敲过了')
})

test('大人不在 reads 再来 wherever anybody may look, the bookmark on the phone included', async () => {
  const screen = await show()
  await tap(screen, '301 未敲')
  await tap(screen, '大人不在')
  expect(hasButton(screen, '301 再来')).toBe(true)
  expect(screen.text()).toContain('上一户 301 再来')
  expect(JSON.stringify(Object.entries(localStorage))).not.toContain('minorOnly')
})

test('the standing line takes the last door back, and the sheet returns to it', async () => {
  const screen = await show()
  await tap(screen, '301 未敲')
  await tap(screen, '无人应门')
  expect(screen.get('.standing').text()).toContain('上一户 301 无人')
  await tap(screen, '撤销')
  expect((await doorstep.saved()).at(-1)).toMatchObject({ verb: 'visit/void', args: { doorId: doorId('301') } })
  expect(hasButton(screen, '301 未敲')).toBe(true)
  expect(screen.get('dialog h2').text()).toBe('301')
  expect(screen.get('.standing').text()).toContain('已撤销：301 无人')
  expect(hasButton(screen, '撤销')).toBe(false)
})

test('the undo outlives a restart of the screen', async () => {
  const first = await show()
  await tap(first, '301 未敲')
  await tap(first, '无人应门')
  first.unmount()
  const again = await show()
  expect(again.get('.standing').text()).toContain('上一户 301 无人')
  await tap(again, '撤销')
  expect(hasButton(again, '301 未敲')).toBe(true)
})

test('本层其余无人 skips doors done or 勿扰, and one undo takes the whole gesture back', async () => {
  const since = doorstep.clock.now() - 1000
  await doorstep.put('doNotKnock', {
    id: mintDoNotKnockId(doorId('202')),
    stairwellId: stairwell.id,
    doorId: doorId('202'),
    since,
    until: since + 1e10,
    askedBy: 'telephone',
    visitId: null,
  })
  const screen = await show()
  await tap(screen, '301 未敲')
  await tap(screen, '见到住户')
  await tap(screen, '本层其余无人')
  expect((await visits()).map(({ args }) => args.label)).toEqual(['301', '302'])
  expect(hasButton(screen, '301 见到')).toBe(true)
  expect(screen.get('dialog h2').text()).toBe('201')
  await tap(screen, '本层其余无人')
  expect((await visits()).map(({ args }) => args.label)).toEqual(['301', '302', '201'])
  expect(hasButton(screen, '202 勿扰')).toBe(true)
  await tap(screen, '本层其余无人')
  expect(screen.get('.standing').text()).toContain('上一层 1 楼 2 户无人')
  await tap(screen, '撤销')
  expect(hasButton(screen, '101 未敲')).toBe(true)
  expect(hasButton(screen, '102 未敲')).toBe(true)
  expect(hasButton(screen, '201 无人')).toBe(true)
})

test('a door that asked for peace shows its wish first, and is never suggested', async () => {
  const screen = await show()
  await tap(screen, '301 未敲')
  await tap(screen, '请勿打扰')
  expect(screen.get('dialog h2').text()).toBe('302')
  await tap(screen, '301 勿扰')
  expect(screen.text()).toContain('这户请过勿扰，到 2027年11月21日 为止')
  expect(hasButton(screen, '无人应门')).toBe(false)
  await tap(screen, '仍要记录')
  expect(hasButton(screen, '无人应门')).toBe(true)
})

test('问一题 saves 见到 at once and then asks; a door met a moment ago is not met twice', async () => {
  const push = vi.spyOn(doorstep.router, 'push')
  const screen = await show()
  await tap(screen, '301 未敲')
  await tap(screen, '问一题')
  expect(await visits()).toHaveLength(1)
  expect(push.mock.calls[0]?.[0]).toMatch(new RegExp(`^/stairwell/${stairwell.id}/quiz/[A-Za-z0-9_-]{20}$`))
  await tap(screen, '问一题')
  expect(await visits()).toHaveLength(1)
  expect(push.mock.calls[1]?.[0]).toBe(push.mock.calls[0]?.[0])
})

test('a phone without room keeps the sheet open and says that nothing was saved', async () => {
  const screen = await show()
  await tap(screen, '301 未敲')
  const full = Object.assign(new Error('full'), { name: 'QuotaExceededError' })
  const begin = vi.spyOn(doorstep.database.core, 'transaction').mockImplementation(() => {
    throw full
  })
  await tap(screen, '见到住户')
  expect(screen.get('dialog h2').text()).toBe('301')
  expect(screen.get('[role="alert"]').text()).toContain('没有保存：手机存储空间满了')
  expect(hasButton(screen, '301 未敲')).toBe(true)
  expect(screen.find('.standing').exists()).toBe(false)
  begin.mockRestore()
  await tap(screen, '见到住户')
  expect(screen.find('[role="alert"]').exists()).toBe(false)
  expect(hasButton(screen, '301 见到')).toBe(true)
})

test('a session that was left open on an earlier day is ended first, at its own last knock', async () => {
  const first = await show()
  await tap(first, '301 未敲')
  await tap(first, '见到住户')
  const lastKnock = doorstep.clock.now()
  first.unmount()
  doorstep.clock.tick(24 * 3_600_000)
  const next = await show()
  await tap(next, '302 未敲')
  await tap(next, '无人应门')
  const verbs = (await doorstep.saved()).map(({ verb }) => verb)
  expect(verbs).toEqual(['session/start', 'visit/record', 'session/end', 'session/start', 'visit/record'])
  expect((await doorstep.saved())[2]?.args).toMatchObject({ sentence: '', endedAt: lastKnock })
})

test('the door’s line tells earlier knocks in bands, and never when somebody was met', async () => {
  const screen = await show()
  await tap(screen, '301 未敲')
  await tap(screen, '无人应门')
  await tap(screen, '301 无人')
  expect(screen.get('dialog .sub').text()).toBe('本轮 无人 ×1，今晚来过')
  doorstep.clock.tick(24 * 3_600_000)
  screen.unmount()
  const later = await show()
  await tap(later, '301 无人')
  expect(later.get('dialog .sub').text()).toBe('本轮 无人 ×1 · 上次晚上（19–21 点）没人')
})

test('an access note with a door code is refused, in the dialog, with its words', async () => {
  const screen = await show()
  await tap(screen, '改备注')
  await screen.get('textarea').setValue('密码 1234#')
  await screen.get('form').trigger('submit')
  await settled()
  expect(screen.get('[role="alert"]').text()).toContain('像是门禁密码')
  await screen.get('textarea').setValue('按 101 对讲')
  await screen.get('form').trigger('submit')
  await settled()
  expect(screen.find('textarea').exists()).toBe(false)
  expect(screen.text()).toContain('按 101 对讲')
})

test('进不了楼 is one event with its reason', async () => {
  const screen = await show()
  await tap(screen, '进不了楼')
  await tap(screen, '门锁着')
  expect((await doorstep.saved()).at(-1)).toMatchObject({ verb: 'visit/no-entry', args: { reason: 'locked' } })
  expect(screen.text()).toContain('今晚 进不了楼：门锁着')
})

test('a door seen on the wall is added as 待核实, a plate is noted, a sealed door goes', async () => {
  const screen = await show()
  await tap(screen, '加一扇门')
  const [level, label] = screen.findAll('input[type="text"]')
  await level!.setValue('4')
  await label!.setValue('401室')
  await screen.get('form').trigger('submit')
  await settled()
  await tap(screen, '401 未敲 待核实')
  await tap(screen, '门牌变了')
  await screen.findAll('input[type="text"]').at(-1)!.setValue('102')
  await screen.findAll('form').at(-1)!.trigger('submit')
  await settled()
  expect(screen.text()).toContain('这个门牌已经是另一扇门的')
  await screen.findAll('input[type="text"]').at(-1)!.setValue('401A')
  await screen.findAll('form').at(-1)!.trigger('submit')
  await settled()
  expect(hasButton(screen, '401A 未敲 待核实')).toBe(true)
  await tap(screen, '门已封')
  await screen.findAll('form').at(-1)!.trigger('submit')
  await settled()
  expect(hasButton(screen, '401A 未敲 待核实')).toBe(false)
})

test('outside the polite hours and on quiet days there is a soft word, and no lock', async () => {
  doorstep.clock.tick(2 * 3_600_000)
  const screen = await show()
  expect(screen.get('[role="note"]').text()).toContain('19:00–21:00')
  await tap(screen, '301 未敲')
  await tap(screen, '无人应门')
  expect(await visits()).toHaveLength(1)
})

test('filters let other windows step back, and walking upwards turns the order round', async () => {
  setPreference('direction', 'up')
  const screen = await show()
  await tap(screen, '未敲')
  expect(button(screen, '未敲').attributes('aria-pressed')).toBe('true')
  await tap(screen, '102 未敲')
  await tap(screen, '无人应门')
  expect(screen.get('dialog h2').text()).toBe('101')
  await tap(screen, '无人应门')
  expect(screen.get('dialog h2').text()).toBe('201')
  setPreference('direction', 'down')
  expect(preferences.direction).toBe('down')
})

test('a stairwell that is not on this phone says what to do', async () => {
  const screen = await doorstep.show(StairwellScreen, { stairwellId: 'nowhere-000000000000' })
  expect(screen.text()).toContain('这个楼梯不在这台手机上')
  expect(hasButton(screen, '回首页')).toBe(true)
})
