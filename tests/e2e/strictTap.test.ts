import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Page } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { seedCommunity } from '../bench/seedCommunity.ts'
import { browserPid } from '../harness/browserProcess.ts'
import { countSyncs } from '../harness/countSyncs.ts'
import { startServer, type ServerProcess } from '../harness/startServer.ts'
import { openStage } from './stage.ts'
import { expectSynced, syncState, windows, type Person } from './steps.ts'

/**
 * "Saved" means that a dead battery takes nothing away, so every tap in the real app must make the disk keep it. A kill
 * cannot tell; the calls to fsync can, beside as many relaxed commits in the same browser.
 */
const stage = openStage('strict-tap')
const taps = 20
let server: ServerProcess
let person: Person

beforeAll(async () => {
  const dataDir = path.join(stage.folder, 'server')
  const seeded = await seedCommunity(dataDir, { houses: 1, towers: 0, earlierRounds: 0, housesDone: 0 })
  server = await stage.serve(startServer(dataDir))
  person = await stage.turnOn('phone')
  await person.page.goto(`${server.url}/enter#${seeded.memberLink}`)
  await expectSynced(person.page)
  await person.page.goto(`${server.url}/stairwell/${seeded.houses[0]}`)
  await person.page.locator('button[data-door]').first().waitFor()
  // What the server sends is stored strictly as well; a dark stairwell leaves nothing but the taps.
  await expectSynced(person.page)
  await person.context.setOffline(true)
})

const knocked = async (page: Page) => Object.values(await windows(page)).filter((state) => state !== '未敲').length

/** 无人应门 at the door whose sheet is open; the sheet goes on to the next by itself. */
async function nobodyHome(page: Page): Promise<void> {
  const before = await knocked(page)
  await page.getByRole('dialog').getByRole('button', { name: '无人应门' }).click()
  await expect.poll(() => knocked(page), { timeout: 10_000 }).toBe(before + 1)
}

/** As many transactions as taps, one after the other, in a database of the same origin. */
function commitRelaxed(page: Page, count: number): Promise<void> {
  return page.evaluate(async (many) => {
    const opening = indexedDB.open('control', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { autoIncrement: true })
    await new Promise((resolve) => (opening.onsuccess = resolve))
    for (let n = 0; n < many; n++) {
      const transaction = opening.result.transaction('rows', 'readwrite', { durability: 'relaxed' })
      transaction.objectStore('rows').add({ n, state: 'notHome' })
      await new Promise((resolve) => (transaction.oncomplete = resolve))
    }
    opening.result.close()
  }, count)
}

describe('a saved tap', () => {
  test('[SYNC-1] each tap on an outcome makes the disk keep it; relaxed commits do not', async () => {
    const { page } = person
    await page.locator('button[data-door]').first().click()
    // The first knock also begins the evening, and the control its database.
    await nobodyHome(page)
    await commitRelaxed(page, 1)
    const pid = browserPid(person.profile)
    const strict = await countSyncs(
      pid,
      async () => {
        for (let n = 0; n < taps; n++) await nobodyHome(page)
      },
      'IndexedDB',
    )
    const relaxed = await countSyncs(pid, () => commitRelaxed(page, taps), 'IndexedDB')
    console.log(`${taps} taps: ${strict} syncs; ${taps} relaxed commits: ${relaxed}`)
    expect(await syncState(page)).toBe(`离线，${taps + 2} 条待上传`)
    expect(strict).toBeGreaterThanOrEqual(taps)
    expect(relaxed).toBeLessThan(taps / 2)
  })

  test('[SYNC-1] a page that is closed at once after a tap, online, has it when it opens again, and the server gets it', async () => {
    const { page, context } = person
    await context.setOffline(false)
    await expectSynced(page)
    const before = await knocked(page)
    await nobodyHome(page)
    // The sync that a tap asks for waits until nobody has tapped for half a second: it never begins in this page.
    await page.close()
    const again = await context.newPage()
    await again.goto(page.url())
    await again.locator('button[data-door]').first().waitFor()
    await expect.poll(() => knocked(again), { timeout: 10_000 }).toBe(before + 1)
    await expectSynced(again)
    const stored = new DatabaseSync(path.join(server.dataDir, 'qiaomen.sqlite'), { readOnly: true })
    const { visits } = stored.prepare("select count(*) as visits from record where kind = 'visit'").get()!
    stored.close()
    expect(visits).toBe(before + 1)
  })
})
