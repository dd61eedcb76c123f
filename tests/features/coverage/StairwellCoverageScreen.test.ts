import { mount, type VueWrapper } from '@vue/test-utils'
import readWorkbook from 'read-excel-file/universal'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { save } from '../../../src/db/here.ts'
import { readOne } from '../../../src/db/read.ts'
import { mintDoNotKnockId } from '../../../src/domain/records/doNotKnock.ts'
import { mintFoldedId, type Folded } from '../../../src/domain/records/folded.ts'
import StairwellCoverageScreen from '../../../src/features/coverage/StairwellCoverageScreen.vue'
import { coverageMessages } from '../../../src/messages/coverage.ts'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let screen: VueWrapper | undefined
const { id: stairwellId, doors } = aStairwell()

beforeEach(async () => {
  phone = await openScreenPhone()
  await phone.put('stairwell', aStairwell())
  await phone.put('round', aRound())
  const bonds = [{ role: 'officer' as const, teamId: null, from: 0, until: null }]
  await phone.put('member', { id: phone.memberId, name: '示例甲', bonds })
})
afterEach(() => {
  screen?.unmount()
  phone.close()
})

async function openScreen(): Promise<void> {
  const router = await openRouter(`/coverage/${stairwellId}`)
  const options = { props: { stairwellId }, attachTo: document.body, global: { plugins: [router] } }
  screen = mount(StairwellCoverageScreen, options)
  await waitUntil(() => screen!.find('.facade').exists(), { what: 'the façade' })
}

const button = (name: string) => {
  const found = screen!.findAll('button').find((entry) => (entry.attributes('aria-label') ?? entry.text()) === name)
  if (!found) throw new Error(`no button ${name}`)
  return found
}
const says = (words: string) => waitUntil(() => screen!.text().includes(words), { what: words })
const knock = (label: string, outcome: 'met' | 'minorOnly' | 'notHome') =>
  save('visit/record', { stairwellId, roundId: aRound().id, level: 3, label, outcome, sessionId: null })

test('a window opens the door’s history: day, band and outcome, without a name and without what was taken back', async () => {
  await knock('301', 'notHome')
  phone.clock.tick(86_400_000)
  await knock('301', 'minorOnly')
  const wrong = await knock('301', 'met')
  if (!wrong.saved) throw new Error('not saved')
  const { mintId } = await import('../../../src/domain/hash.ts')
  await save('visit/void', { visitId: mintId(wrong.id, '0'), stairwellId, doorId: doors[0]!.id })
  await openScreen()
  await button('301 再来').trigger('click')
  await says('首轮 · 2 次')
  const lines = screen!.findAll('.visits li').map((line) => line.text())
  expect(lines).toEqual(['11月22日 19–21 点 · 再来', '11月21日 19–21 点 · 无人应门'])
  expect(screen!.text()).not.toContain('示例甲')
  expect(screen!.text()).not.toContain('大人不在')
})

test('a visit whose hour is an estimate says so quietly, and says why', async () => {
  const place = { stairwellId, roundId: aRound().id, doorId: doors[0]!.id, level: 3, label: '301', sessionId: null }
  const visit = { ...place, recordedBy: phone.memberId, outcome: 'met' as const, visitedAt: phone.clock.now() }
  await phone.put('visit', { ...visit, id: 'visit-000000000001' }, { ...visit, id: 'visit-000000000002', estimated: true })
  await openScreen()
  await button('301 未敲').trigger('click')
  await says('首轮 · 2 次')
  const lines = screen!.findAll('.visits li').map((line) => line.text())
  expect(lines).toEqual(['11月21日 19–21 点 · 见到住户 · 时间为推算', '11月21日 19–21 点 · 见到住户'])
  expect(screen!.text().split('时钟不准')).toHaveLength(2)
})

/** A round of which nothing but counts is left: 301 was quizzed, 302 never tried. */
const foldedRound = (change: Partial<Folded> = {}): Folded => ({
  id: mintFoldedId(aRound().id, stairwellId),
  stairwellId,
  roundId: aRound().id,
  folds: 1,
  foldedOn: '2026-10-30',
  visits: 3,
  voided: 1,
  noEntries: 2,
  doors: { [doors[0]!.id]: { on: '2026-07-12', reach: 'quizzed' } },
  members: { [phone.memberId]: { visits: 3, met: 1, quizzed: 1 } },
  items: { 'gz2023/q1': { asked: 1, correct: 1 } },
  ...change,
})

test('[SYNC-12] a folded round says so, with its figures and the last day at each door, and shows what came late', async () => {
  await phone.put('round', aRound({ state: 'closed' }))
  await phone.put('folded', foldedRound())
  await openScreen()
  await says('2 户 · 已敲 1 · 见到 1 · 问答 1')
  await says('每户明细已按规定合并')
  await says('本轮进不了楼 2 次')
  await button('302 未敲').trigger('click')
  await says('这一户没有留下上门的日期')
  expect(screen!.text()).not.toContain('现在：未敲')
  await button('关闭').trigger('click')
  await knock('301', 'met')
  await knock('302', 'notHome')
  await says('2 户 · 已敲 2 · 见到 1 · 问答 1')
  await button('301 见到').trigger('click')
  await says('只留最后一次的日期：2026年7月12日。')
  expect(screen!.findAll('.visits li').map((line) => line.text())).toEqual(['11月21日 19–21 点 · 见到住户'])
  expect(screen!.text()).toContain('首轮（已关）')
  await button('302 无人').trigger('click')
  await says('这一户没有留下上门的日期')
})

test('an officer notes a wish for peace that came by telephone, and lifts it again', async () => {
  await openScreen()
  await button('302 未敲').trigger('click')
  await button('登记请勿打扰').trigger('click')
  await says('请勿打扰，到 2027-11-21 为止')
  expect(await readOne('doNotKnock', mintDoNotKnockId(doors[1]!.id))).toMatchObject({ askedBy: 'telephone' })
  await waitUntil(() => screen!.text().includes('勿扰'))
  await button('解除请勿打扰').trigger('click')
  await waitUntil(() => !screen!.text().includes('到 2027-11-21 为止'), { what: 'lifted' })
})

test('a door seen on the wall waits to be settled', async () => {
  await save('door/add', { stairwellId, level: 3, label: '303', kind: 'home' })
  await openScreen()
  await button('303 有这一户').trigger('click')
  await says('303 已确认')
  const layout = await readOne('stairwell', stairwellId)
  expect(layout?.doors.find((door) => door.label === '303')?.state).toBe('confirmed')
})

/** What the screen hands to the browser when a button is tapped. */
async function taken(label: string, said: string): Promise<Blob> {
  const made: Blob[] = []
  const url = vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => (made.push(blob as Blob), 'blob:test'))
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
  await button(label).trigger('click')
  await says(said)
  url.mockRestore()
  click.mockRestore()
  return made[0]!
}

test('the visits of a stairwell are handed to the browser as a file', async () => {
  await knock('301', 'met')
  await openScreen()
  await screen!.get('input[value="csv"]').setValue(true)
  const file = await taken('导出敲门记录', '已下载 敲门记录 2026-11-21.csv，1 行')
  expect(await file.text()).toContain('首轮,华兴苑,3栋,2梯,301,见到住户,,2026-11-21,19–21 点,示例甲')
})

test('the coverage of a stairwell is handed to the browser as a workbook that reads back', async () => {
  await knock('301', 'met')
  await openScreen()
  const file = await taken('导出进度', '已下载 进度 2026-11-21.xlsx，1 行')
  const [sheet] = await readWorkbook(await file.arrayBuffer())
  expect(sheet?.data[0]).toEqual(coverageMessages.progressHeads)
  const row = Object.fromEntries(coverageMessages.progressHeads.map((head, at) => [head, sheet?.data[1]?.[at]]))
  expect(row).toMatchObject({ 小区: '华兴苑', 楼栋: '3栋', 户数: 2, 已敲: 1, 见到: 1 })
})
