import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { accessFaultsInEveryLook } from '../harness/accessFaults.ts'
import { layoutFaults } from '../harness/layoutFaults.ts'
import { startDemo, type DemoProcess } from '../harness/startDemo.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { openStage } from './stage.ts'
import { act, closeSheet, expectSynced, knock, sees, syncState, tab, windows, type Person } from './steps.ts'

/** A phone is ended: by draining it, which loses nothing, or at once, which loses what is unsent. Both leave it empty. */
const stage = openStage('revocation')
const EMPTIED_WITHIN_MS = 5_000
let demo: DemoProcess
let officer: Person

/** Everything that a page of this origin can still find. */
async function leftOn({ page, context }: Person) {
  const left = await page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    keys: Object.keys(localStorage),
    // How far each page was scrolled is the router's own, and goes with the window.
    notes: Object.keys(sessionStorage).filter((key) => key !== 'vue-router:scroll'),
    kept: (await caches.keys()).filter((name) => name.startsWith('qiaomen')),
  }))
  return { ...left, cookies: await cookiesOf(context) }
}
const EMPTY = { databases: [], keys: [], notes: [], kept: [], cookies: [] }

const cookiesOf = async (context: BrowserContext) => (await context.cookies()).map(({ name }) => name)

async function enter(role: 'member' | 'member2' | 'leader' | 'officer', on?: Person): Promise<Person> {
  const person = on ?? (await stage.turnOn(role))
  await person.page.emulateMedia({ reducedMotion: 'reduce' })
  await person.page.goto(demo.signIn[role])
  await expectSynced(person.page)
  return person
}

const nameOf = ({ page }: Person): Promise<string> =>
  page.evaluate(async () => ((await (await fetch('/api/me')).json()) as { name: string }).name)

/** The officer ends a phone, and knows how. */
async function end(name: string, how: '送完再停用' | '立即停用并清空'): Promise<void> {
  const { page } = officer
  await tab(page, '管理')
  await act(page, '邀请').click()
  // The demonstration had a phone of the same person before; this one is the youngest.
  await page
    .getByRole('button', { name: `停用 ${name}`, exact: true })
    .last()
    .click()
  expect([...(await layoutFaults(page)), ...(await accessFaultsInEveryLook(page))]).toEqual([])
  await act(page, how).click()
  await sees(page, how === '送完再停用' ? `${name} 的手机送完就停用` : `${name} 的手机已停用`)
  await expectSynced(page)
}

/** Resolves with the time from the first answer that says the enrolment is over to the emptied phone's page, ms. */
async function untilEmptied({ page }: Person, deed: () => Promise<unknown>): Promise<number> {
  const heard = page
    .context()
    .waitForEvent('response', (response) => response.url().endsWith('/api/sync') && response.status() === 401)
  await deed()
  await heard
  const from = performance.now()
  await page.getByRole('heading', { name: '这台手机已停用' }).waitFor({ timeout: 15_000 })
  return performance.now() - from
}

const openStairwell = async (page: Page) => {
  await page
    .getByRole('button', { name: /^(继续|开始)/ })
    .first()
    .click()
  await page.locator('button[data-door]').first().waitFor()
}

/** Three doors that nobody has knocked at yet. */
async function knockThree({ page }: Person): Promise<void> {
  await openStairwell(page)
  const dark = Object.entries(await windows(page)).filter(([, state]) => state === '未敲')
  for (const [label] of dark.slice(0, 3)) {
    await knock(page, label, '无人应门', '无人')
    await closeSheet(page)
  }
}

beforeAll(async () => {
  demo = await stage.serve(startDemo(stage.folder))
  officer = await enter('officer')
})

describe('a phone is ended', () => {
  test('drained: what it had recorded without a signal arrives, then it is empty within five seconds', async () => {
    let member = await enter('member')
    const name = await nameOf(member)
    await waitUntil(() => member.page.evaluate(() => navigator.serviceWorker.controller !== null), {
      what: 'the worker',
    })
    await member.context.setOffline(true)
    await knockThree(member)
    await waitUntil(async () => (await syncState(member.page)).startsWith('离线，'))
    await end(name, '送完再停用')
    await sees(officer.page, '正在停用，等它送完')
    // The line breaks once more when everything has been sent.
    await member.page.route('**/api/sync', (route) =>
      route.request().postData()?.includes('"leaving":true') ? route.abort() : route.continue(),
    )
    await member.context.setOffline(false)
    await member.page.getByRole('heading', { name: '这台手机正在停用' }).waitFor()
    await sees(member.page, '都送完了')
    expect([...(await layoutFaults(member.page)), ...(await accessFaultsInEveryLook(member.page))]).toEqual([])
    await member.page.screenshot({ path: process.env['SHOT'] ?? path.join(stage.folder, 'ending.png') })
    await member.page.unroute('**/api/sync')
    // The app is closed in the middle of the emptying: what is left asks again, and goes on.
    await member.page.evaluate(() => {
      IDBFactory.prototype.deleteDatabase = () => ({}) as IDBOpenDBRequest
    })
    await act(member.page, '现在就试').click()
    const sentinels = () => member.page.evaluate(() => Object.keys(localStorage).filter((key) => key.endsWith('.kept')))
    await waitUntil(async () => (await sentinels()).length === 0, { what: 'the emptying to begin' })
    await member.context.close()
    member = await stage.turnOn('member', { offline: true })
    await member.page.goto(demo.url)
    await member.page.getByRole('heading', { name: '这台手机正在停用' }).waitFor()
    const other = await member.context.newPage()
    await other.goto(demo.url)
    await other.getByRole('heading', { name: '这台手机正在停用' }).waitFor()
    await member.page.bringToFront()
    const tookMs = await untilEmptied(member, () => member.context.setOffline(false))
    await other.getByRole('heading', { name: '这台手机已停用' }).waitFor()
    console.info(`drained phone emptied in ${Math.round(tookMs)} ms`)
    expect(tookMs).toBeLessThan(EMPTIED_WITHIN_MS)
    expect(await leftOn(member)).toEqual(EMPTY)
    expect([...(await layoutFaults(member.page)), ...(await accessFaultsInEveryLook(member.page))]).toEqual([])
    await officer.page.getByText('正在停用，等它送完').waitFor({ state: 'detached', timeout: 60_000 })
  })

  test('ended at once: what is unsent is gone, and what another member has on the same phone is not', async () => {
    const phone = await enter('leader')
    const standing = () =>
      phone.page.evaluate(async () => (await (await fetch('/api/me')).json()) as { memberId: string })
    const { memberId: leader } = await standing()
    await enter('member2', phone)
    const { memberId: member } = await standing()
    const name = await nameOf(phone)
    await phone.context.setOffline(true)
    await knockThree(phone)
    await end(name, '立即停用并清空')
    const tookMs = await untilEmptied(phone, () => phone.context.setOffline(false))
    console.info(`revoked phone emptied in ${Math.round(tookMs)} ms`)
    expect(tookMs).toBeLessThan(EMPTIED_WITHIN_MS)
    const { databases, keys } = await leftOn(phone)
    expect(databases).toEqual([expect.stringContaining(leader)])
    expect(keys).toEqual([expect.stringContaining(leader)])
    expect(JSON.stringify(keys)).not.toContain(member)
    await phone.page.reload()
    await sees(phone.page, '这台手机已停用')
  })
})
