import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSettings } from '../../sync-server/settings.ts'
import { createContext, startServer, type Running } from '../../sync-server/start.ts'
import { updateMessages } from '../../src/messages/update.ts'
import { accessFaultsInEveryLook } from '../harness/accessFaults.ts'
import { launchPhone } from '../harness/launchPhone.ts'
import { waitUntil } from '../harness/waitUntil.ts'

/** The shell alone: the built app, its worker and its content security policy, served by the real server. */
const project = path.resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(path.join(tmpdir(), 'shell-'))
const appDir = path.join(folder, 'dist')
let server: Running

beforeAll(async () => {
  cpSync(path.join(project, 'dist'), appDir, { recursive: true })
  const settings = readSettings({ PORT: '0', DATA_DIR: path.join(folder, 'data') })
  server = await startServer(settings, await createContext(settings), appDir)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Opens the app and collects everything that a browser complains about. */
async function open(phone: BrowserContext, complaints: string[]): Promise<Page> {
  const page = phone.pages()[0] ?? (await phone.newPage())
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error')
      complaints.push(`${message.text()} ${new URL(message.location().url, server.url).pathname}`)
  })
  await page.goto(server.url, { waitUntil: 'load' })
  return page
}

const isControlled = (page: Page) => page.evaluate(() => navigator.serviceWorker.controller !== null)
const workerCount = (page: Page) => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)
const cacheCount = (page: Page) => page.evaluate(async () => (await caches.keys()).length)

/** What stands in the page's body once the app is drawn. */
const drawn = (page: Page) => page.evaluate(() => document.querySelector('#app')?.textContent?.trim() ?? '')

describe('the app shell', () => {
  test('is installable, runs under its policy, and starts cold without a network', async () => {
    const profile = path.join(folder, 'cold')
    const complaints: string[] = []
    const first = await launchPhone(profile)
    const page = await open(first, complaints)
    await waitUntil(() => isControlled(page), { what: 'the worker to take over' })
    await waitUntil(() => drawn(page), { what: 'the app to be drawn' })
    const online = await drawn(page)
    const protocol = await first.newCDPSession(page)
    const { installabilityErrors } = await protocol.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual([])
    // A phone that knows nobody asks whose it is; a server without an officer says so, and Chromium logs the answer.
    expect(complaints.filter((line) => !/status of 403 .* \/api\/me$/.test(line))).toEqual([])
    expect(await accessFaultsInEveryLook(page)).toEqual([])
    await first.close()

    const second = await launchPhone(profile, { offline: true })
    const cold = second.pages()[0] ?? (await second.newPage())
    await cold.goto(`${server.url}/a-page-of-the-app`, { waitUntil: 'load' })
    await waitUntil(() => drawn(cold), { what: 'the app to be drawn without a network' })
    expect(online).not.toBe('')
    expect(await cold.title()).toContain('敲门')
    await second.close()
  })

  test('never caches the API and leaves the server’s own paths to the server', async () => {
    const phone = await launchPhone(path.join(folder, 'paths'))
    const page = await open(phone, [])
    await waitUntil(() => isControlled(page), { what: 'the worker to take over' })
    const cached = await page.evaluate(async () => {
      const names = await caches.keys()
      const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
      return requests.flat().map(({ url }) => new URL(url).pathname)
    })
    expect(cached).toContain('/index.html')
    expect(cached.filter((name) => name.startsWith('/api'))).toEqual([])
    await page.goto(`${server.url}/healthz`)
    expect(await page.textContent('body')).toContain('true')
    await phone.close()
  })

  test('an invitation whose screen did not come over a bad line is fetched again, with its secret', async () => {
    const phone = await launchPhone(path.join(folder, 'bad-line'))
    const page = await phone.newPage()
    let lost = 0
    await page.route(/JoinScreen/, (route) => (lost++ === 0 ? route.abort() : route.continue()))
    await page.goto(`${server.url}/join#community.secret`)
    await page.getByLabel('我的称呼').waitFor({ timeout: 10_000 })
    expect(lost).toBeGreaterThanOrEqual(2)
    const asked = page.waitForRequest('**/api/enrol')
    await page.getByLabel('我的称呼').fill('队员丙')
    await page.getByRole('button', { name: '加入' }).click()
    expect((await asked).postDataJSON()).toMatchObject({ secret: 'community.secret' })
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain('secret')
    await phone.close()
  })

  test('a new version waits until it is asked for, and ignores any other message', async () => {
    const worker = path.join(appDir, 'sw.js')
    const original = readFileSync(worker, 'utf8')
    const phone = await launchPhone(path.join(folder, 'update'))
    const page = await open(phone, [])
    await waitUntil(() => isControlled(page), { what: 'the worker to take over' })
    writeFileSync(worker, `${original}\n// another version\n`)
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
    const isWaiting = () =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state === 'installed')
    await waitUntil(isWaiting, { what: 'the new version to wait' })
    const tell = (message: unknown) =>
      page.evaluate(async (said) => {
        const registration = await navigator.serviceWorker.getRegistration()
        registration?.waiting?.postMessage(said)
      }, message)
    await tell({ type: 'WIPE' })
    await tell({ type: 'SKIP_WAITING', wipe: true })
    await page.reload()
    expect(await isWaiting()).toBe(true)
    await page.getByRole('button', { name: updateMessages.update }).click()
    // The page starts again by itself meanwhile, and answers nothing while it does.
    const tookOver = () =>
      isWaiting().then(
        (waits) => !waits,
        () => false,
      )
    await waitUntil(tookOver, { what: 'the new version to take over' })
    writeFileSync(worker, original)
    await phone.close()
  })

  test('an update that is accepted in one window leaves what is being written in another', async () => {
    const worker = path.join(appDir, 'sw.js')
    const original = readFileSync(worker, 'utf8')
    const phone = await launchPhone(path.join(folder, 'two-windows'))
    const accepting = await open(phone, [])
    await waitUntil(() => isControlled(accepting), { what: 'the worker to take over' })
    const writing = await phone.newPage()
    await writing.goto(`${server.url}/welcome`)
    await waitUntil(() => isControlled(writing), { what: 'the second window to be controlled' })
    const field = writing.getByRole('textbox').first()
    await field.fill('ABCD')
    writeFileSync(worker, `${original}\n// yet another version\n`)
    await writing.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
    await accepting.bringToFront()
    const loads = { accepting: 0, writing: 0 }
    accepting.on('load', () => loads.accepting++)
    writing.on('load', () => loads.writing++)
    await accepting.getByRole('button', { name: updateMessages.update }).click()
    await waitUntil(() => loads.accepting === 1, { what: 'the window that accepted to start again' })
    await writing.bringToFront()
    const offer = writing.getByRole('button', { name: updateMessages.startAgain })
    await offer.waitFor()
    expect(await field.inputValue()).toBe('ABCD')
    expect(loads).toEqual({ accepting: 1, writing: 0 })
    expect(await accessFaultsInEveryLook(writing)).toEqual([])
    await offer.click()
    await waitUntil(() => loads.writing === 1, { what: 'the other window to start again' })
    await field.waitFor()
    expect(await offer.count()).toBe(0)
    writeFileSync(worker, original)
    await phone.close()
  })

  test('the kill switch removes the worker and its caches and leaves the database alone', async () => {
    const worker = path.join(appDir, 'sw.js')
    const original = readFileSync(worker, 'utf8')
    const phone = await launchPhone(path.join(folder, 'kill'))
    const page = await open(phone, [])
    await waitUntil(() => isControlled(page), { what: 'the worker to take over' })
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const opening = indexedDB.open('unsent-work')
          opening.onsuccess = () => resolve(opening.result.close())
        }),
    )
    // The new page would register the same bad worker again; a real withdrawal ships a page that does not.
    copyFileSync(path.join(project, 'src/service-worker/killSwitch.js'), worker)
    writeFileSync(path.join(appDir, 'index.html'), '<!doctype html><title>withdrawn</title><p>withdrawn</p>')
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
    await waitUntil(async () => (await page.title()) === 'withdrawn', { what: 'the page to be loaded anew' })
    await waitUntil(async () => (await workerCount(page)) === 0, { what: 'the worker to be gone' })
    expect(await cacheCount(page)).toBe(0)
    const databases = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
    expect(databases).toContain('unsent-work')
    writeFileSync(worker, original)
    await phone.close()
  })
})
