import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { save } from '../../../src/db/here.ts'
import { mintId } from '../../../src/domain/hash.ts'
import type { Outcome } from '../../../src/domain/outcome.ts'
import type { Stairwell } from '../../../src/domain/records/stairwell.ts'
import EveningScreen from '../../../src/features/session/EveningScreen.vue'
import { hasButton, openDoorstep, putRounds, putStairwell, ROUND, settled, tap, type Doorstep } from '../doorstep.ts'

let doorstep: Doorstep
let stairwell: Stairwell
let sessionId: string
beforeEach(async () => {
  doorstep = await openDoorstep()
  await putRounds(doorstep)
  stairwell = await putStairwell(doorstep)
})
afterEach(() => doorstep.close())

async function begin(): Promise<void> {
  const started = await save('session/start', { roundId: ROUND, partnerIds: [] })
  sessionId = started.saved ? mintId(started.id, '0') : ''
}
async function knock(label: string, outcome: Outcome): Promise<void> {
  const { id: doorId, level } = stairwell.doors.find((door) => door.label === label)!
  const args = { stairwellId: stairwell.id, roundId: ROUND, doorId, level, label, outcome, sessionId }
  expect((await save('visit/record', args)).saved).toBe(true)
}
const figure = (screen: Awaited<ReturnType<Doorstep['show']>>, name: string) =>
  screen
    .findAll('.figure')
    .find((row) => row.get('dt').text() === name)
    ?.get('dd')
    .text()

test('before the first knock there is nothing to end, and nothing to sign in to', async () => {
  const screen = await doorstep.show(EveningScreen)
  expect(screen.text()).toContain('今晚还没有敲门')
  expect(hasButton(screen, '提交')).toBe(false)
})

test('the summary is right to the door: a door tried twice counts once, by its best contact', async () => {
  await begin()
  await knock('301', 'notHome')
  await knock('301', 'met')
  await knock('302', 'minorOnly')
  await knock('201', 'notHome')
  await knock('202', 'brief')
  doorstep.clock.tick(55 * 60_000)
  await knock('101', 'doNotKnock')
  const screen = await doorstep.show(EveningScreen)
  const figures = ['敲了', '见到', '问答', '几句', '再来', '无人', '勿扰', '去了'].map((name) => figure(screen, name))
  expect(figures).toEqual(['5 户', '1 户', '0 户', '1 户', '1 户', '1 户', '1 户', '1 个楼梯'])
  expect(screen.text()).toContain('11月21日 20:00–20:55，55 分钟')
  expect(screen.get('.retry').text()).toContain('201')
  expect(screen.get('.retry').text()).not.toContain('301')
})

test('[SYNC-1] 提交 writes the service record by itself, with one sentence, and the evening stays readable', async () => {
  await begin()
  await knock('301', 'met')
  doorstep.clock.tick(20 * 60_000)
  const screen = await doorstep.show(EveningScreen)
  await screen.get('textarea').setValue(' 阿婆们问旧电池放哪里 ')
  await screen.get('form').trigger('submit')
  await settled()
  expect(screen.text()).toContain('已提交，等社区盖章')
  expect(screen.text()).toContain('阿婆们问旧电池放哪里')
  const [row] = await doorstep.database.records
    .where('[kind+id]')
    .between(['serviceRecord', ''], ['serviceRecord', '~'])
    .toArray()
  expect(row?.body).toMatchObject({
    state: 'submitted',
    minutes: 20,
    doors: 1,
    met: 1,
    sentence: '阿婆们问旧电池放哪里',
  })
  screen.unmount()
  const later = await doorstep.show(EveningScreen)
  expect(later.get('h1').text()).toBe('今晚小结')
  expect(figure(later, '敲了')).toBe('1 户')
  expect(hasButton(later, '提交')).toBe(false)
})

test('who submits the next morning did not serve all night', async () => {
  await begin()
  doorstep.clock.tick(30 * 60_000)
  await knock('301', 'met')
  doorstep.clock.tick(11 * 3_600_000)
  const screen = await doorstep.show(EveningScreen)
  expect(screen.text()).toContain('服务时间算到最后一次敲门：20:30')
  await screen.get('form').trigger('submit')
  await settled()
  const [row] = await doorstep.database.records
    .where('[kind+id]')
    .between(['serviceRecord', ''], ['serviceRecord', '~'])
    .toArray()
  expect(row?.body).toMatchObject({ minutes: 30 })
})

test('复制今晚小结 holds figures and no door; where the clipboard is forbidden the text is there to copy', async () => {
  await begin()
  await knock('301', 'met')
  const writeText = vi.fn(async (_text: string) => {})
  vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: { writeText } } }))
  const screen = await doorstep.show(EveningScreen)
  await tap(screen, '复制今晚小结')
  const copied = writeText.mock.calls[0]?.[0] ?? ''
  expect(copied).toContain('敲了 1 户，见到 1 户，问答 0 户')
  expect(copied).not.toMatch(/301|3栋|2梯|华兴苑/)
  writeText.mockRejectedValueOnce(new Error('not allowed'))
  await tap(screen, '复制今晚小结')
  const fields = screen.findAll('textarea').map((field) => (field.element as HTMLTextAreaElement).value)
  expect(fields).toContain(copied)
  vi.unstubAllGlobals()
})

test('an evening that could not be written says so and can be submitted again', async () => {
  await begin()
  await knock('301', 'met')
  const screen = await doorstep.show(EveningScreen)
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const { core } = doorstep.database
  const whole = core.transaction
  const broken = vi.spyOn(core, 'transaction').mockImplementation((stores, mode, options) => {
    if (mode === 'readwrite') throw new Error('lost connection')
    return whole(stores, mode, options)
  })
  await screen.get('form').trigger('submit')
  await settled()
  expect(screen.get('[role="alert"]').text()).toContain('没有提交')
  broken.mockRestore()
  await screen.get('form').trigger('submit')
  await settled()
  expect(screen.text()).toContain('已提交')
})
