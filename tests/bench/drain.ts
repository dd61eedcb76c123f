/**
 * `npm run bench:drain`: a phone that was away for thirty days comes back to the network with 3,000 unsent commands, and
 * finds what others did meanwhile. How long until 已同步, how much goes over the line, and whether the screen stays usable:
 * doors are tapped all the while.
 *
 * Real server, production build, real Chromium with a slow CPU and a slow network. The phone's database was written by the
 * real engine, evening by evening, and is put into the browser as it lay. docs/performance.md says what came out.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { BrowserContext, CDPSession, Page, Request } from 'playwright'
import { ensureBrowser } from '../../scripts/ensureBrowser.js'
import { launchPhone } from '../harness/launchPhone.ts'
import { restorePhone } from '../harness/phoneDump.ts'
import { startServer } from '../harness/startServer.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { touchOf } from './finger.ts'
import { seedLongAbsence, type LongAbsence } from './seedLongAbsence.ts'
import { installTapProbe, type PageTimes } from './tapProbe.ts'
import { traced } from './traced.ts'

const { values } = parseArgs({
  options: {
    commands: { type: 'string', default: '3000' },
    slowdown: { type: 'string', default: '4' },
    kbits: { type: 'string', default: '1000' },
    latency: { type: 'string', default: '50' },
    profile: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const slowdown = Number(values.slowdown)
const line = { kbits: Number(values.kbits), latencyMs: Number(values.latency) }
const target = { drainMs: 300_000, longTaskMs: 100 }
/** A person who goes on working needs about that long from door to door. */
const BETWEEN_TAPS_MS = 1_500
const OUTCOMES = ['无人应门', '见到住户', '这次不便', '只说几句']

const round = (ms: number) => Math.round(ms * 10) / 10
const state = (page: Page) => page.evaluate(() => document.querySelector('[role=status]')?.textContent?.trim() ?? '')

function noted(page: Page): Promise<Omit<PageTimes, 'nextTap'>> {
  return page.evaluate(() => {
    const { taps, longTasks, facadeAt } = (window as unknown as { tapTimes: PageTimes }).tapTimes
    return { taps, longTasks, facadeAt }
  })
}

/** The app is installed as it was thirty days ago, and then the phone's database and its enrolment are put there. */
async function putPhone(context: BrowserContext, url: string, { standing, cookie, dump }: LongAbsence): Promise<void> {
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(url)
  await waitUntil(() => page.evaluate(() => navigator.serviceWorker.controller !== null), { what: 'the worker' })
  await context.addCookies([{ name: 'qiaomen', value: cookie, url, httpOnly: true, sameSite: 'Strict' }])
  await page.evaluate(restorePhone, dump)
  await page.evaluate((known) => localStorage.setItem('qiaomen.enrolment', JSON.stringify(known)), standing)
  await page.goto('about:blank')
}

function setNetwork(protocol: CDPSession, offline: boolean): Promise<unknown> {
  const bytesPerSecond = (line.kbits * 1_000) / 8
  const speed = { downloadThroughput: bytesPerSecond, uploadThroughput: bytesPerSecond, latency: line.latencyMs }
  return protocol.send('Network.emulateNetworkConditions', { offline, ...speed })
}

/** Where a thing is on the screen, asked for in one small question: a selector engine would take longer than the app. */
function middleOf(page: Page, selector: string, words = ''): Promise<{ x: number; y: number } | null> {
  return page.evaluate(
    ([css, text]) => {
      const found = [...document.querySelectorAll(css!)].find((element) => element.textContent?.includes(text!))
      found?.scrollIntoView({ block: 'center' })
      const box = found?.getBoundingClientRect()
      return box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null
    },
    [selector, words],
  )
}

/** Knocks at the next dark door, as tapSpeed does: a bare touch, and nothing more until the tap is saved and painted. */
async function tapOnce(page: Page, protocol: CDPSession, turn: number): Promise<void> {
  const touch = touchOf(page, protocol)
  const outcome = OUTCOMES[turn % OUTCOMES.length]!
  const button = async () => middleOf(page, 'dialog[open] [role=group] button', outcome)
  const isDark = 'button[data-door].is-untouched[aria-current=true]'
  if (!(await middleOf(page, isDark))) {
    const next = page.getByRole('button', { name: /^下一户/ }).first()
    if (await next.count()) await next.tap()
    else await page.locator('button[data-door].is-untouched').first().tap()
    await waitUntil(() => middleOf(page, isDark), { what: 'the sheet of a dark door' })
  }
  const place = await waitUntil(button, { what: 'the outcomes' })
  if (!place) throw new Error('no outcomes')
  let isOver = false
  const ended = page.evaluate(() => (window as unknown as { tapTimes: PageTimes }).tapTimes.nextTap())
  // A tap that never ends is counted as missed; its page closes under the question.
  void ended.then(
    () => (isOver = true),
    () => {},
  )
  await touch(place!.x, place!.y)
  await waitUntil(() => isOver, { withinMs: 30_000, what: 'the tap to be saved and painted' })
}

async function countStore(page: Page, store: string): Promise<number> {
  return page.evaluate(async (name) => {
    const known = (await indexedDB.databases()).find((entry) => entry.name?.startsWith('qiaomen.'))
    const opening = indexedDB.open(known?.name ?? '')
    await new Promise((resolve) => (opening.onsuccess = resolve))
    const counting = opening.result.transaction(name).objectStore(name).count()
    await new Promise((resolve) => (counting.onsuccess = resolve))
    opening.result.close()
    return counting.result
  }, store)
}

async function measure(url: string, profile: string, absence: LongAbsence) {
  const context = await launchPhone(profile)
  await putPhone(context, url, absence)
  await context.addInitScript(installTapProbe)
  const page = await context.newPage()
  const protocol = await context.newCDPSession(page)
  await protocol.send('Network.enable')
  await protocol.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  await setNetwork(protocol, true)
  const syncs: Request[] = []
  page.on('requestfinished', (request) => {
    if (request.url().endsWith('/api/sync')) syncs.push(request)
  })
  await page.goto(`${url}/stairwell/${absence.houses[0]!}`)
  await page.locator('button[data-door]').first().waitFor()
  await waitUntil(async () => (await state(page)).includes(String(absence.unsent)), { what: 'the queue to be counted' })
  const before = await noted(page)

  const drain = () => tapUntilSynced(page, protocol)
  const { tookMs, taps, missed } = await (values.profile ? traced(protocol, 'drain', drain) : drain())
  const after = await noted(page)
  const sizes = await Promise.all(syncs.map((request) => request.sizes()))
  const result = {
    tookMs: Math.round(tookMs),
    requests: syncs.length,
    bytesUp: sizes.reduce((sum, size) => sum + size.requestBodySize + size.requestHeadersSize, 0),
    bytesDown: sizes.reduce((sum, size) => sum + size.responseBodySize + size.responseHeadersSize, 0),
    longTasks: after.longTasks.slice(before.longTasks.length).map(round),
    taps: after.taps.map(({ saved, painted }) => ({ saved: round(saved), painted: round(Math.max(saved, painted)) })),
    tapped: taps,
    missed,
    left: await countStore(page, 'outbox'),
    sent: await countStore(page, 'sent'),
  }
  await context.close()
  return result
}

/** Back on the network: doors are tapped until everything is through. */
async function tapUntilSynced(page: Page, protocol: CDPSession) {
  await setNetwork(protocol, false)
  const begun = performance.now()
  let taps = 0
  const missed: string[] = []
  const noteMiss = (error: unknown) => void missed.push(String(error).slice(0, 200))
  // The last taps would keep the queue from ever being empty, so nobody taps any more once little is left.
  for (let isTapping = true; (await state(page)) !== '已同步';) {
    if (performance.now() - begun > target.drainMs * 2) throw new Error(`still ${await state(page)}`)
    if (isTapping && (await countPending(page)) <= 50) isTapping = false
    if (isTapping) await tapOnce(page, protocol, taps).then(() => taps++, noteMiss)
    const next = performance.now() + BETWEEN_TAPS_MS
    await waitUntil(() => performance.now() >= next, { what: 'the way to the next door' })
  }
  return { tookMs: performance.now() - begun, taps, missed }
}

function countPending(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const known = (await indexedDB.databases()).find((entry) => entry.name?.startsWith('qiaomen.'))
    const opening = indexedDB.open(known?.name ?? '')
    await new Promise((resolve) => (opening.onsuccess = resolve))
    const counting = opening.result.transaction('outbox').objectStore('outbox').index('state').count('pending')
    await new Promise((resolve) => (counting.onsuccess = resolve))
    opening.result.close()
    return counting.result
  })
}

await ensureBrowser()
const folder = mkdtempSync(path.join(tmpdir(), 'drain-'))
try {
  const data = path.join(folder, 'server')
  const absence = await seedLongAbsence(data, Number(values.commands))
  const server = await startServer(data)
  const measured = await measure(server.url, path.join(folder, 'phone'), absence)
  await server.stop()
  const { longTasks, taps, ...figures } = measured
  const longest = Math.max(0, ...longTasks)
  const sorted = taps.map(({ painted }) => painted).sort((left, right) => left - right)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
  const machine = { cores: cpus().length, load: round(loadavg()[0] ?? 0), slowdown, ...line }
  const tap = { painted50: at(0.5), painted95: at(0.95), paintedMax: at(1) }
  const over = longTasks.filter((ms) => ms > target.longTaskMs).length
  const tasks = { over50: longTasks.length, over100: over, longest }
  const { unsent, changedByOthers } = absence
  const result = { machine, phone: { unsent, changedByOthers }, ...figures, tasks, tap }
  console.log(JSON.stringify(result, null, 2))
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...result, longTasks, taps }, null, 2)}\n`)
  // Whatever was saved is on the phone, acknowledged or on its way: nothing went missing over the drain.
  if (figures.sent + figures.left < unsent + figures.tapped) {
    throw new Error(`${unsent + figures.tapped} commands were saved, ${figures.sent + figures.left} are known`)
  }
  process.exitCode = figures.tookMs <= target.drainMs && over === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
