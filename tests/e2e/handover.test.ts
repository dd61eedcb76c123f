import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { accessFaultsInEveryLook } from '../harness/accessFaults.ts'
import { layoutFaults } from '../harness/layoutFaults.ts'
import { startDemo, type DemoProcess } from '../harness/startDemo.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { openStage } from './stage.ts'
import {
  act,
  closeSheet,
  expectNoComplaints,
  expectSynced,
  knock,
  sees,
  syncState,
  tab,
  windows,
  type Person,
} from './steps.ts'

/**
 * A phone that finds no network hands its evening over: three doors recorded offline, a file through the browser's own
 * download, a teammate's phone that brings it along. Two profiles of a real Chromium, production build, real server.
 */
const stage = openStage('handover')
const { folder } = stage
let demo: DemoProcess
let recorder: Person
let carrier: Person
let leader: Person

beforeAll(async () => {
  demo = await stage.serve(startDemo())
})

async function enter(name: string, link: string): Promise<Person> {
  const person = await stage.turnOn(name)
  await person.page.emulateMedia({ reducedMotion: 'reduce' })
  await person.page.goto(link)
  await person.page.getByRole('heading', { name: '今晚敲门' }).waitFor()
  await expectSynced(person.page)
  // Screens that were never opened are there without a network once the worker has them all.
  await waitUntil(() => person.page.evaluate(() => navigator.serviceWorker.controller !== null), { what: 'the worker' })
  return person
}

const setOnline = async ({ context, page }: Person): Promise<void> => {
  await context.setOffline(false)
  await page.evaluate(() => window.dispatchEvent(new Event('online')))
}
const untouched = async (person: Person): Promise<string[]> => {
  return Object.entries(await windows(person.page))
    .filter(([, state]) => state === '未敲')
    .map(([label]) => label)
}

async function expectNoFaults({ page }: Person, state: string): Promise<void> {
  const found = [...(await layoutFaults(page)), ...(await accessFaultsInEveryLook(page))]
  expect(found.map((fault) => `${state}: ${fault}`)).toEqual([])
}

describe('an evening without a network', () => {
  let house = ''
  let doors: string[] = []
  let file = ''

  test('three doors offline, and the file of them', async () => {
    recorder = await enter('recorder', demo.signIn.member)
    const { page } = recorder
    await page
      .locator('main')
      .getByRole('link')
      .or(page.locator('main').getByRole('button'))
      .filter({ hasText: /梯/ })
      .first()
      .click()
    await page.locator('button[data-door]').first().waitFor()
    house = (await page.getByRole('heading', { level: 1 }).innerText()).trim()
    await recorder.context.setOffline(true)
    doors = (await untouched(recorder)).slice(0, 3)
    expect(doors).toHaveLength(3)
    for (const label of doors) {
      await knock(page, label, '见到住户', '见到')
      await closeSheet(page)
    }
    // The evening itself began with the first of them.
    expect(await syncState(page)).toBe('离线，4 条待上传')
    await tab(page, '我的')
    await act(page, '没有网络时转交').click()
    await sees(page, '4 条待上传')
    expect(await page.getByLabel('附上诊断信息').isChecked()).toBe(false)
    await page.getByLabel('附上诊断信息').check()
    await sees(page, 'verb.visit/record')
    await expectNoFaults(recorder, 'giving')
    const [download] = await Promise.all([page.waitForEvent('download'), act(page, '导出未上传的记录').click()])
    expect(download.suggestedFilename()).toMatch(/^qiaomen-.*\.txt$/)
    file = path.join(folder, 'file.txt')
    await download.saveAs(file)
    await sees(page, '已导出 4 条')
    const written = readFileSync(file, 'utf8')
    const shown = await page.locator('[data-diagnostics] dt').allInnerTexts()
    const { diagnostics } = JSON.parse(written) as { diagnostics: Record<string, unknown> }
    expect(Object.keys(diagnostics)).toEqual(shown)
    for (const label of doors) expect(written).not.toContain(`"${label}"`)
    expect(await syncState(page)).toBe('离线，4 条待上传')
  })

  test('a damaged file changes nothing; the whole one is taken along and delivered', async () => {
    carrier = await enter('carrier', demo.signIn.member2)
    const { page } = carrier
    await page.goto(`${demo.url}/handover`)
    const bad = path.join(folder, 'bad.txt')
    writeFileSync(bad, readFileSync(file, 'utf8').slice(0, -30))
    await page.getByLabel('选择转交文件').setInputFiles(bad)
    await sees(page, '这份文件不能用')
    expect(await page.locator('[data-carried]').count()).toBe(0)
    await carrier.context.setOffline(true)
    await page.getByLabel('选择转交文件').setInputFiles(file)
    await sees(page, '已保存在手机，有网自动代传')
    expect(await page.locator('[data-carried]').innerText()).toMatch(/· 4 条/)
    for (const label of doors) expect(await page.locator('main').innerText()).not.toContain(label)
    await expectNoFaults(carrier, 'taking')
    await setOnline(carrier)
    await sees(page, '已送达 4 条')
    await page.getByLabel('选择转交文件').setInputFiles(file)
    await sees(page, '这份文件已经收过了')
    await sees(page, '已送达 4 条')
  })

  test('the leader sees three lit windows, of the one who knocked', async () => {
    leader = await enter('leader', demo.signIn.leader)
    const { page } = leader
    await tab(page, '进度')
    await act(page, house).click()
    await waitUntil(
      async () => {
        const shown = await windows(page)
        return doors.every((label) => shown[label] === '见到')
      },
      { withinMs: 20_000, what: 'the leader to see the three doors' },
    )
    const who = await recorder.page.evaluate(() => localStorage.getItem('qiaomen.enrolment'))
    expect(await knocksOn(leader, doors)).toEqual(Object.fromEntries(doors.map((label) => [label, [memberOf(who)]])))
  })

  test('the recorder comes online: still once', async () => {
    await setOnline(recorder)
    await expectSynced(recorder.page)
    await sees(recorder.page, '没有未上传的记录')
    await leader.page.evaluate(() => window.dispatchEvent(new Event('online')))
    await expectSynced(leader.page)
    const who = await recorder.page.evaluate(() => localStorage.getItem('qiaomen.enrolment'))
    expect(await knocksOn(leader, doors)).toEqual(Object.fromEntries(doors.map((label) => [label, [memberOf(who)]])))
    expect(await knocksOn(recorder, doors)).toEqual(await knocksOn(leader, doors))
    await expectNoComplaints()
  })
})

const memberOf = (enrolment: string | null): string => (JSON.parse(enrolment!) as { memberId: string }).memberId

/** Who knocked on these doors today, as a phone's own database has it: label → authors, one for each visit. */
async function knocksOn({ page }: Person, labels: string[]): Promise<Record<string, string[]>> {
  return page.evaluate(async (wanted) => {
    const [name] = (await indexedDB.databases())
      .map((entry) => entry.name!)
      .filter((entry) => /^qiaomen[.]/.test(entry))
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(name!)
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(opening.error ?? new Error('not opened'))
    })
    const rows = await new Promise<{ kind: string; body: { label: string; recordedBy: string; visitedAt: number } }[]>(
      (resolve, reject) => {
        const reading = database.transaction('records').objectStore('records').getAll()
        reading.onsuccess = () => resolve(reading.result)
        reading.onerror = () => reject(reading.error ?? new Error('not read'))
      },
    )
    database.close()
    const since = Date.now() - 600_000
    const visits = rows.filter(({ kind, body }) => kind === 'visit' && body.visitedAt >= since)
    return Object.fromEntries(
      wanted.map((label) => [
        label,
        visits.filter(({ body }) => body.label === label).map(({ body }) => body.recordedBy),
      ]),
    )
  }, labels)
}
