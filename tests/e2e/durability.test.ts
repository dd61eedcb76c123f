import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserPid, killBrowser } from '../harness/browserProcess.ts'
import { countSyncs } from '../harness/countSyncs.ts'
import { launchPhone } from '../harness/launchPhone.ts'

/**
 * The oracle before what it judges: that counting fsyncs tells a strict transaction from a relaxed one in this browser,
 * and that a killed browser keeps what was committed. The app's own taps are counted in the journeys.
 */
const folder = mkdtempSync(path.join(tmpdir(), 'durable-'))
const profile = path.join(folder, 'profile')
let blank: Server
let phone: BrowserContext

const address = () => `http://127.0.0.1:${(blank.address() as AddressInfo).port}/`

async function openPage(): Promise<Page> {
  phone = await launchPhone(profile)
  const page = phone.pages()[0] ?? (await phone.newPage())
  await page.goto(address())
  return page
}

beforeAll(async () => {
  blank = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
  await new Promise<void>((resolve) => blank.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await phone.close()
  blank.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Commits rows one transaction at a time, each waiting for the one before, as taps do. */
function commitRows(page: Page, durability: 'strict' | 'relaxed', count: number): Promise<void> {
  return page.evaluate(
    async ([how, many]) => {
      const opened = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result)
          request.onerror = () => reject(request.error)
        })
      const opening = indexedDB.open('taps', 1)
      opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { autoIncrement: true })
      const database = await opened(opening)
      for (let n = 0; n < many; n++) {
        const transaction = database.transaction('rows', 'readwrite', { durability: how })
        transaction.objectStore('rows').add({ n, how })
        await new Promise((resolve) => (transaction.oncomplete = resolve))
      }
      database.close()
    },
    [durability, count] as const,
  )
}

const rowCount = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const opening = indexedDB.open('taps', 1)
        opening.onsuccess = () => {
          const counting = opening.result.transaction('rows').objectStore('rows').count()
          counting.onsuccess = () => resolve(counting.result)
        }
      }),
  )

describe('what a saved tap rests on', () => {
  test('a strict commit reaches the disk every time, a relaxed one does not', async () => {
    const page = await openPage()
    await commitRows(page, 'strict', 1)
    const pid = browserPid(profile)
    const commits = 20
    const strict = await countSyncs(pid, () => commitRows(page, 'strict', commits))
    const relaxed = await countSyncs(pid, () => commitRows(page, 'relaxed', commits))
    expect(strict).toBeGreaterThanOrEqual(commits)
    expect(strict - relaxed).toBeGreaterThanOrEqual(commits / 2)
    await phone.close()
  })

  test('a killed browser has everything that was committed', async () => {
    const page = await openPage()
    const before = await rowCount(page)
    await commitRows(page, 'strict', 7)
    await killBrowser(profile)
    expect(await rowCount(await openPage())).toBe(before + 7)
  })
})
