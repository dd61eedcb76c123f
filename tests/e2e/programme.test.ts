import type { Page } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { accessFaultsInEveryLook } from '../harness/accessFaults.ts'
import { layoutFaults } from '../harness/layoutFaults.ts'
import { startDemo, type DemoProcess } from '../harness/startDemo.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { openStage } from './stage.ts'
import { act, expectNoComplaints, expectSynced, sees, syncState, tab, type Person } from './steps.ts'

/** Wishes and activities: two members want the same thing without a signal, and each learns how it stands. */
const stage = openStage('programme')
const WISH = '阳台的花盆太高，想请人帮忙放低'
const STALL = '分类摆摊：旧电池换小礼物'
let demo: DemoProcess
let first: Person
let second: Person
let officer: Person

const card = (page: Page, words: string) => page.getByRole('listitem').filter({ hasText: words })
const looks = async (page: Page): Promise<string[]> => [
  ...(await layoutFaults(page)),
  ...(await accessFaultsInEveryLook(page)),
]

async function open(person: Person, name: '微心愿' | '活动'): Promise<void> {
  await tab(person.page, '服务')
  await person.page.getByRole('navigation', { name: '一起做的事' }).getByRole('link', { name }).click()
  await person.page.getByRole('heading', { name, level: 1 }).waitFor()
}

beforeAll(async () => {
  demo = await stage.serve(startDemo(stage.folder))
  const enter = async (role: 'member' | 'member2' | 'officer') => {
    const person = await stage.turnOn(role)
    await person.page.emulateMedia({ reducedMotion: 'reduce' })
    await person.page.goto(demo.signIn[role])
    await expectSynced(person.page)
    return person
  }
  ;[first, second, officer] = [await enter('member'), await enter('member2'), await enter('officer')]
})

describe('what is done together', () => {
  test('two claim one wish without a signal: asked for on both phones, one has it, the other learns who', async () => {
    for (const person of [first, second]) {
      await open(person, '微心愿')
      await person.context.setOffline(true)
      await card(person.page, WISH).getByRole('button', { name: '我来圆' }).click()
      await card(person.page, WISH).getByText('已申请').waitFor()
    }
    expect(await looks(second.page)).toEqual([])
    await first.context.setOffline(false)
    await card(first.page, WISH).getByText('我来办，到').waitFor()
    await second.context.setOffline(false)
    await waitUntil(async () => (await syncState(second.page)) === '1 条需要处理', { withinMs: 30_000 })
    const says = await card(second.page, WISH).innerText()
    expect(says).toMatch(/示例. 在办/)
    await second.page.getByRole('link', { name: '队列' }).click()
    await sees(second.page, '已经有人先揽下了')
    await act(second.page, '放弃').click()
    await act(second.page, '放弃这一条').click()
    await expectSynced(second.page)
    expect(await looks(first.page)).toEqual([])
    await card(first.page, WISH).getByLabel('一句话（可不写）').fill('放低了，浇水不用搬凳子')
    await card(first.page, WISH).getByRole('button', { name: '圆了' }).click()
    await card(first.page, WISH).getByText('圆了，等社区道谢').waitFor()
    await expectSynced(first.page)
  })

  test('an officer thanks for it, and publishes the next one', async () => {
    const { page } = officer
    await open(officer, '微心愿')
    await card(page, WISH).getByRole('button', { name: '已道谢' }).click()
    await card(page, WISH).getByRole('button', { name: '已道谢' }).waitFor({ state: 'detached' })
    await page.getByLabel('心愿是什么').fill('打 13800138000 找我')
    await act(page, '发布一个微心愿').click()
    await sees(page, '文字里有一长串数字')
    expect(await looks(page)).toEqual([])
    await page.getByLabel('心愿是什么').fill('想要一把楼下的长椅')
    await act(page, '发布一个微心愿').click()
    await card(page, '想要一把楼下的长椅').waitFor()
    await expectSynced(page)
    await open(second, '微心愿')
    await card(second.page, '想要一把楼下的长椅').waitFor({ timeout: 60_000 })
    await expectNoComplaints()
  })

  test('who finds no seat sees the place in the line, and moves up when somebody withdraws or room is made', async () => {
    for (const person of [first, second]) await open(person, '活动')
    await card(second.page, STALL).getByText('已报名，有名额').waitFor()
    await card(first.page, STALL).getByRole('button', { name: '我参加' }).click()
    await card(first.page, STALL).getByText('候补第 2 位').waitFor()
    await expectSynced(first.page)
    expect(await looks(first.page)).toEqual([])
    await card(second.page, STALL).getByRole('button', { name: '不参加了' }).click()
    await card(second.page, STALL).getByRole('button', { name: '我参加' }).waitFor()
    await card(first.page, STALL).getByText('候补第 1 位').waitFor({ timeout: 60_000 })
    await open(officer, '活动')
    await card(officer.page, STALL).getByRole('button', { name: '修改' }).click()
    expect(await looks(officer.page)).toEqual([])
    const form = officer.page.getByRole('listitem').filter({ hasText: '修改“' })
    await form.getByLabel('几个名额').fill('9')
    await form.getByRole('button', { name: '保存' }).click()
    await card(first.page, STALL).getByText('已报名，有名额').waitFor({ timeout: 60_000 })
    await sees(first.page, '5 / 9 个名额')
    await expectNoComplaints()
  })
})
