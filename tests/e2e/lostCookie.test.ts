import { beforeAll, describe, expect, test } from 'vitest'
import { killBrowser } from '../harness/browserProcess.ts'
import { startDemo, type DemoProcess } from '../harness/startDemo.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { openStage } from './stage.ts'
import { act, expectSynced, knock, sees, windows, type Person } from './steps.ts'

/**
 * A battery that dies within seconds of an enrolment: the browser had not written the cookie down, and the phone is nobody's
 * to the server. What was recorded on it is all there, and goes out when its person is let in again.
 */
const stage = openStage('lost-cookie')
let demo: DemoProcess
let officer: Person

async function enter(role: 'member' | 'officer'): Promise<Person> {
  const person = await stage.turnOn(role)
  await person.page.emulateMedia({ reducedMotion: 'reduce' })
  await person.page.goto(demo.signIn[role])
  await expectSynced(person.page)
  return person
}

/** The officer gives somebody who is known another phone. @returns the link */
async function giveAnotherPhone(name: string): Promise<string> {
  const { page } = officer
  await page.goto(`${demo.url}/manage/invites`)
  await page.getByLabel('给谁换').selectOption({ label: `${name} · 队员` })
  await act(page, '做换手机的邀请').click()
  await page.locator('[data-invite-link]').first().waitFor()
  await expectSynced(page)
  return (await page.locator('[data-invite-link]').first().innerText()).trim()
}

beforeAll(async () => {
  demo = await stage.serve(startDemo(stage.folder))
  officer = await enter('officer')
})

describe('a battery dies within five seconds of an enrolment', () => {
  test('what was recorded is there, is told as waiting, and goes out under the next enrolment', async () => {
    const begun = await stage.turnOn('member')
    await begun.page.goto(demo.signIn.member)
    await begun.page.waitForResponse((response) => response.url().endsWith('/api/enter'))
    const enteredAt = performance.now()
    await begun.page
      .getByRole('button', { name: /^(继续|开始)/ })
      .first()
      .click()
    await begun.page.locator('button[data-door]').first().waitFor()
    const { name } = await begun.page.evaluate(async () => (await (await fetch('/api/me')).json()) as { name: string })
    const label = Object.entries(await windows(begun.page)).find(([, state]) => state === '未敲')![0]
    await begun.context.setOffline(true)
    await knock(begun.page, label, '无人应门', '无人')
    await killBrowser(begun.profile)
    const aliveMs = performance.now() - enteredAt
    console.info(`killed ${Math.round(aliveMs)} ms after the cookie came`)
    expect(aliveMs).toBeLessThan(5_000)

    const { page } = await stage.turnOn('member')
    await page.goto(demo.url)
    // Neither the cookie nor localStorage had reached the disk, or one of them had: either way nobody is signed in.
    await page
      .getByText(/需要重新加入|输入加入码/)
      .first()
      .waitFor()
    await page.goto(await giveAnotherPhone(name))
    await page.getByLabel('我的称呼').fill(name)
    await act(page, '加入').click()
    await sees(page, '请队长核对')
    const digits = (await page.locator('main').innerText()).replaceAll(/\s/g, '').match(/\d{6}/)![0]
    const row = officer.page.locator('[data-device]').filter({ hasText: name })
    await row.getByLabel('六位确认码').fill(digits)
    await row.getByRole('button', { name: `确认 ${name}` }).click()
    await expectSynced(page)
    await act(page, '继续').click()
    await page.locator('button[data-door]').first().waitFor()
    await waitUntil(async () => (await windows(page))[label] === '无人', { what: `${label} to be lit` })
    const unsent = await page.evaluate(async () => {
      const { name: database } = (await indexedDB.databases()).find((each) => each.name!.startsWith('qiaomen.'))!
      const open = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open(database!)
        opening.onsuccess = () => resolve(opening.result)
      })
      const states = await new Promise<string[]>((resolve) => {
        const asking = open.transaction('outbox').objectStore('outbox').getAll()
        asking.onsuccess = () => resolve(asking.result.map(({ state }: { state: string }) => state))
      })
      open.close()
      return states.filter((state) => state !== 'applied')
    })
    expect(unsent).toEqual([])
  })
})
