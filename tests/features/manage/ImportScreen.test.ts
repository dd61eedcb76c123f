import { readFileSync } from 'node:fs'
import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { save } from '../../../src/db/here.ts'
import { readAll } from '../../../src/db/read.ts'
import ImportScreen from '../../../src/features/manage/ImportScreen.vue'
import ManageScreen from '../../../src/features/manage/ManageScreen.vue'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let screen: VueWrapper | undefined
const fixture = (name: string) => new Uint8Array(readFileSync(`tests/fixtures/roster/${name}`))

beforeEach(async () => {
  phone = await openScreenPhone()
  const bonds = [{ role: 'officer' as const, teamId: null, from: 0, until: null }]
  await phone.put('member', { id: phone.memberId, name: '示例甲', bonds })
})
afterEach(() => {
  screen?.unmount()
  phone.close()
})

async function openImport(): Promise<void> {
  const router = await openRouter('/manage/import')
  screen = mount(ImportScreen, { attachTo: document.body, global: { plugins: [router] } })
  await waitUntil(() => screen!.find('input[type="file"]').exists(), { what: 'the file field' })
}

async function choose(name: string, bytes: Uint8Array): Promise<void> {
  const input = screen!.get('input[type="file"]')
  const file = new File([new Uint8Array(bytes)], name)
  Object.defineProperty(input.element, 'files', { value: [file], configurable: true })
  await input.trigger('change')
}

const says = (words: string) => waitUntil(() => screen!.text().includes(words), { what: words })
const button = (name: string) => {
  const found = screen!.findAll('button').find((entry) => (entry.attributes('aria-label') ?? entry.text()) === name)
  if (!found) throw new Error(`no button ${name}`)
  return found
}
const layouts = () => readAll('stairwell')
const doorsOf = async () => (await layouts()).flatMap((layout) => layout.doors)

test(
  'the sample estate: 416 doors, previewed by building, imported as one command a stairwell',
  { timeout: 20_000 },
  async () => {
    await openImport()
    await choose('roster-sample.csv', fixture('roster-sample.csv'))
    await says('416 户，18 个楼梯')
    expect(screen!.text()).toContain('华兴苑（示例） 2栋')
    await button('导入 416 户').trigger('click')
    await says('已导入 18 个楼梯，416 户')
    expect(await doorsOf()).toHaveLength(416)
    expect(await phone.database.outbox.count()).toBe(18)
  },
)

test(
  'personal columns are named and dropped, questions wait for an answer and nothing is guessed',
  { timeout: 20_000 },
  async () => {
    await openImport()
    await choose('roster-messy-gb18030.csv', fixture('roster-messy-gb18030.csv'))
    await says('检测到个人信息列，已忽略：户主姓名、联系电话、常住人数')
    await says('有 2 个问题')
    expect(screen!.text()).toContain('第 23 行 3月2日：像是被 Excel 变成了日期，是 3-2 吗？')
    button('导入 36 户')
    await button('第 23 行：是').trigger('click')
    await says('有 1 个问题')
    await button('第 27 行：不是').trigger('click')
    await says('问题都答完了')
    button('导入 37 户')
    await button('第 27 行：重新回答').trigger('click')
    await says('有 1 个问题')
    await button('第 27 行：改成…').trigger('click')
    await screen!.get('form input').setValue('04铺')
    await screen!.get('form').trigger('submit')
    await says('问题都答完了')
    await button('导入 38 户').trigger('click')
    await says('已导入')
    const doors = await doorsOf()
    expect(doors.map((door) => door.label)).toContain('3-2')
    expect(doors.map((door) => door.label)).toContain('04铺')
    const stored = JSON.stringify((await phone.database.outbox.toArray()).map((entry) => entry.args))
    expect(stored).not.toMatch(/户主|1[3-9]\d{9}/)
  },
)

test('lines that gave no door say why', async () => {
  await openImport()
  await choose('roster-messy-utf8bom.csv', fixture('roster-messy-utf8bom.csv'))
  await says('跳过 6 行')
  expect(screen!.text()).toContain('第 28 行：缺房号，已跳过')
})

test('a damaged file is told and writes nothing', async () => {
  await openImport()
  await choose('台账.xlsx', new TextEncoder().encode('PK\u0003\u0004 not a workbook'))
  await says('文件坏了')
  expect(await phone.database.outbox.count()).toBe(0)
  expect(screen!.findAll('button').some((entry) => entry.text().startsWith('导入 '))).toBe(false)
})

test('importing again keeps the visited doors, shows the difference and retires nothing', async () => {
  const csv = (rooms: readonly string[]) =>
    new TextEncoder().encode(
      `小区,楼栋,单元,楼层,房号\n${rooms.map((room) => `华兴苑,1栋,1梯,${room[0]},${room}`).join('\n')}\n`,
    )
  await phone.put('round', aRound())
  await openImport()
  await choose('a.csv', csv(['101', '102', '201', '202']))
  await says('4 户，1 个楼梯')
  await button('导入 4 户').trigger('click')
  await says('已导入 1 个楼梯，4 户')
  const [before] = await layouts()
  const stairwellId = before!.id
  const visit = { stairwellId, roundId: aRound().id, level: 1, label: '101', outcome: 'met' as const, sessionId: null }
  expect((await save('visit/record', visit)).saved).toBe(true)

  await button('再导入一份').trigger('click')
  await choose('b.csv', csv(['101', '102', '201', '301']))
  await says('新增 1 户，已有 3 户（敲门记录都保留），1 户不在这份台账里，仍然保留')
  expect(screen!.text()).toContain('1栋 1梯：202')
  await button('导入 4 户').trigger('click')
  await says('已导入 1 个楼梯，4 户')
  const [after] = await layouts()
  expect(after!.doors.map((door) => door.label)).toEqual(['101', '102', '201', '202', '301'])
  expect(after!.doors.find((door) => door.label === '101')?.id).toBe(
    before!.doors.find((door) => door.label === '101')?.id,
  )
  expect((await readAll('visit'))[0]?.doorId).toBe(after!.doors[0]?.id)
})

test('the first of five steps offers the sample estate, marked as one', { timeout: 20_000 }, async () => {
  const router = await openRouter('/manage')
  // What the server says of a restore has a test of its own.
  const stubs = { RecoveryNote: true }
  screen = mount(ManageScreen, { attachTo: document.body, global: { plugins: [router], stubs } })
  await says('五步开始')
  await button('用示例小区试试').trigger('click')
  await says('示例小区已导入：18 个楼梯，416 户')
  await says('18 个楼梯，416 户')
  expect((await layouts()).every((layout) => layout.sample)).toBe(true)
  const offers = () => screen!.findAll('button').some((entry) => entry.text() === '用示例小区试试')
  await waitUntil(() => !offers(), { what: 'the offer gone' })
})

test('a member finds nothing to set up, and a leader finds four pages', async () => {
  const bonds = [{ role: 'leader' as const, teamId: 'team-0000000000001', from: 0, until: null }]
  await phone.put('member', { id: phone.memberId, name: '示例甲', bonds })
  const router = await openRouter('/manage')
  screen = mount(ManageScreen, { attachTo: document.body, global: { plugins: [router] } })
  await waitUntil(() => screen!.findAll('nav a').length === 4, { what: 'the leader’s pages' })
  expect(screen!.text()).not.toContain('五步开始')
  await phone.put('member', { id: phone.memberId, name: '示例甲', bonds: [{ ...bonds[0]!, role: 'member' }] })
  await says('这一页由队长和社区专员使用')
})
