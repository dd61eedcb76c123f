import type { Page } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { killBrowser } from '../harness/browserProcess.ts'
import { startDemo, type DemoProcess } from '../harness/startDemo.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { openStage } from './stage.ts'
import { delivers, expectNoComplaints, type Person } from './steps.ts'

/**
 * A stranger's automated client at `npm run demo -- --json`: it knows the one JSON line and the accessible names that are
 * promised to the outside, and nothing of how a page is built. Every query here is by role and name, or by text.
 */
const stage = openStage('demo')
let demo: DemoProcess
const people = new Map<string, Person>()
const pageOf = (role: string): Page => people.get(role)!.page

async function enter(role: 'member' | 'member2' | 'leader' | 'officer'): Promise<Page> {
  const person = await stage.turnOn(role)
  people.set(role, person)
  await person.page.goto(demo.signIn[role])
  await says(person.page, '已同步')
  return person.page
}

/** Ends the browser and starts it again on the same profile. */
async function restart(role: string, offline: boolean): Promise<Page> {
  const { profile } = people.get(role)!
  const person = await stage.turnOn(profile, { offline })
  people.set(role, person)
  await person.page.goto(demo.url)
  return person.page
}

/** There is one status region on a page, and it says exactly this. */
async function says(page: Page, sentence: string | RegExp): Promise<void> {
  const status = page.getByRole('status')
  const isSaid = (text: string) => (typeof sentence === 'string' ? text === sentence : sentence.test(text))
  await waitUntil(async () => isSaid((await status.innerText()).trim()), {
    withinMs: 60_000,
    what: `the status to say ${String(sentence)}`,
  })
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
const outcome = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

async function isThere(page: Page, name: string): Promise<void> {
  await button(page, name).waitFor({ timeout: 15_000 })
}

/** Opens the house whose big button stands on the member's home screen, and returns its name. */
async function openFirst(page: Page): Promise<string> {
  const big = button(page, /^(继续|开始)/)
  const name = (await big.innerText())
    .replace(/^(继续|开始)\s*/, '')
    .split('\n')[0]!
    .trim()
  await big.click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
  return name
}

async function doors(page: Page): Promise<Record<string, string>> {
  const names = await page
    .getByRole('button', { name: /^\d+ \S+$/ })
    .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? one.textContent!.trim()))
  return Object.fromEntries(names.map((name) => name.split(' ') as [string, string]))
}

beforeAll(async () => {
  demo = await stage.serve(startDemo())
})

/** What member leaves at each door, and the word that its window shows then. */
const knocked: [door: string, outcome: string, window: string][] = [
  ['801', '见到住户', '见到'],
  ['802', '只说几句', '几句'],
  ['803', '大人不在', '再来'],
  ['804', '约好再来', '再来'],
  ['701', '无人应门', '无人'],
  ['702', '这次不便', '不便'],
  ['703', '请勿打扰', '勿扰'],
  ['704', '看似空置', '空置'],
  ['601', '非住宅', '非住'],
  ['602', '查无此门', '查无'],
]
const expected: Record<string, string> = Object.fromEntries(knocked.map(([door, , window]) => [door, window]))
let house = ''
let before: Record<string, string> = {}

describe('npm run demo -- --json', () => {
  test('prints one JSON line: the address and a one-time link per role, null for a role that is not there yet', () => {
    expect(demo.stdout().trimEnd().split('\n')).toHaveLength(1)
    const { url, signIn } = JSON.parse(demo.stdout()) as Record<string, Record<string, string>>
    expect(Object.keys(JSON.parse(demo.stdout()) as object)).toEqual(['url', 'signIn'])
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(Object.keys(signIn!)).toEqual(['member', 'member2', 'leader', 'officer', 'overseer'])
    const links = ['member', 'member2', 'leader', 'officer'].map((role) => signIn![role]!)
    for (const link of links) expect(link.startsWith(`${String(url)}/`)).toBe(true)
    expect(new Set(links).size).toBe(4)
    expect(signIn!['overseer']).toBeNull()
  })

  test.each([
    ['member', ['敲门', '查分类', '服务', '我的']],
    ['member2', ['敲门', '查分类', '服务', '我的']],
    ['leader', ['敲门', '查分类', '服务', '进度', '管理', '我的']],
    ['officer', ['敲门', '查分类', '服务', '进度', '管理', '我的']],
  ] as const)('%s signs in and has the tabs %j', async (role, tabs) => {
    const page = await enter(role)
    const found = page.getByRole('navigation').getByRole('link')
    expect((await found.allInnerTexts()).map((text) => text.trim())).toEqual(tabs)
    for (const name of tabs) {
      await page.getByRole('link', { name, exact: true }).click()
      await page.getByRole('heading', { level: 1 }).waitFor()
      expect(await page.getByRole('status').count()).toBe(1)
    }
    await page.getByRole('link', { name: '敲门', exact: true }).click()
    await button(page, /^(继续|开始)/).waitFor()
  })

  test('a sign-in link works once', async () => {
    const late = await stage.turnOn('late')
    await late.page.goto(demo.signIn.member)
    await late.page.getByRole('alert').waitFor()
    expect(await button(late.page, /^(继续|开始)/).count()).toBe(0)
    await late.context.close()
  })

  test('the look-up has a search box 查一查', async () => {
    const page = pageOf('member')
    await page.getByRole('link', { name: '查分类', exact: true }).click()
    await page.getByRole('searchbox', { name: '查一查' }).fill('ztg')
    await page.getByRole('heading', { name: '猪筒骨' }).waitFor()
    expect(await page.getByRole('status').innerText()).toBe('已同步')
    await page.getByRole('link', { name: '敲门', exact: true }).click()
  })

  test('what waits while the network hangs is counted, and goes through afterwards', async () => {
    const page = pageOf('member2')
    const name = await openFirst(page)
    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    await page.route('**/api/sync', async (route) => {
      await held
      await route.continue()
    })
    // The first knock of an evening begins the evening, which is a record as well.
    await button(page, '101 未敲').click()
    await page.getByRole('dialog').getByRole('heading', { name: '101' }).waitFor()
    await outcome(page, '无人应门').click()
    await isThere(page, '101 无人')
    await says(page, '2 条待上传')
    await button(page, '撤销').click()
    await isThere(page, '101 未敲')
    await says(page, '3 条待上传')
    letGo()
    await says(page, '已同步')
    await page.unroute('**/api/sync')
    expect(name).not.toBe('')
  })

  test('(b) member cold-starts offline and records every outcome, a question, an undo and a whole floor', async () => {
    const online = pageOf('member')
    await openFirst(online)
    await online.getByText(/^数据截至/).waitFor()
    await waitUntil(() => online.evaluate(() => navigator.serviceWorker.controller !== null))
    await people.get('member')!.context.close()
    const page = await restart('member', true)
    await says(page, '离线')
    house = await openFirst(page)
    before = await doors(page)
    for (const [door, result, window] of knocked) {
      await button(page, `${door} ${before[door]}`).click()
      await page.getByRole('dialog').getByRole('heading', { name: door }).waitFor()
      await outcome(page, result).click()
      await isThere(page, `${door} ${window}`)
    }
    await button(page, '603 未敲').click()
    await outcome(page, '这次不便').click()
    await isThere(page, '603 不便')
    await button(page, '撤销').click()
    await isThere(page, '603 未敲')
    await button(page, '301 未敲').click()
    await outcome(page, '问一题').click()
    await page.getByRole('button', { name: /^厨余垃圾/ }).click()
    await outcome(page, '完成').click()
    await isThere(page, '301 问答')
    await button(page, '401 未敲').click()
    await outcome(page, '见到住户').click()
    await isThere(page, '401 见到')
    await outcome(page, '本层其余无人').click()
    for (const door of ['402', '403', '404']) await isThere(page, `${door} 无人`)
    Object.assign(expected, { '301': '问答', '401': '见到', '402': '无人', '403': '无人', '404': '无人' })
    // The session, ten knocks, one more with its undo, the visit and its question, 401 and the three others.
    await says(page, `离线，${1 + 10 + 2 + 2 + 4} 条待上传`)
    expect(await doors(page)).toEqual({ ...before, ...expected })
  })

  test('(b) the browser is killed; after restart everything is there', async () => {
    await killBrowser(people.get('member')!.profile)
    const page = await restart('member', true)
    await says(page, '离线，19 条待上传')
    expect(await openFirst(page)).toBe(house)
    await isThere(page, '801 见到')
    expect(await doors(page)).toEqual({ ...before, ...expected })
  })

  test('(c) online again 已同步 appears and the leader sees exactly those doors, with freshness', async () => {
    const { context, page } = people.get('member')!
    await context.setOffline(false)
    await says(page, '已同步')
    const leader = pageOf('leader')
    await leader.getByRole('link', { name: '进度', exact: true }).click()
    await leader.getByText(/^数据截至/).waitFor()
    await leader.getByRole('link', { name: new RegExp(`^${house}`) }).click()
    await isThere(leader, '801 见到')
    await waitUntil(async () => (await doors(leader))['404'] === '无人', { withinMs: 90_000, what: 'the last door' })
    expect(await doors(leader)).toEqual({ ...before, ...expected })
    await leader
      .getByText(/数据截至/)
      .first()
      .waitFor()
    await leader.getByRole('button', { name: '801 见到' }).click()
    await leader.getByRole('dialog', { name: /801/ }).waitFor()
    await leader.getByRole('dialog').getByRole('button', { name: '关闭' }).click()
  })

  test('two notes from a stale base need a hand: 2 条需要处理', async () => {
    const first = pageOf('member')
    const second = people.get('member2')!
    const houses = [house, '3栋 东梯']
    const note = async (page: Page, name: string, text: string) => {
      const close = page.getByRole('dialog').getByRole('button', { name: '关闭' })
      if (await close.count()) await close.click()
      await page.getByRole('link', { name: '敲门', exact: true }).click()
      await button(page, name).click()
      await button(page, /^(写|改)备注$/).click()
      await page.getByRole('dialog', { name: '进门备注' }).getByRole('textbox', { name: '怎么进门' }).fill(text)
      await page.getByRole('dialog').getByRole('button', { name: '保存' }).click()
      await page.getByText(text).waitFor()
    }
    await second.context.setOffline(true)
    for (const name of houses) await note(second.page, name, '按 101 的门铃')
    for (const name of houses) await delivers(first, () => note(first, name, '门口找保安登记'))
    await second.context.setOffline(false)
    await says(second.page, '2 条需要处理')
    await second.page.getByRole('link', { name: '队列' }).click()
    await second.page.getByRole('heading', { name: '需要处理' }).waitFor()
    await button(second.page, '修改').first().click()
    await second.page.getByRole('dialog', { name: '修改进门备注' }).waitFor()
  })

  test('nothing else was printed, and no page complained', async () => {
    expect(demo.stdout().trimEnd().split('\n')).toHaveLength(1)
    expect(demo.stderr()).toBe('')
    await expectNoComplaints()
  })
})
