import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { BrowserContext, CDPSession, Page } from 'playwright'
import type { PhoneLoss } from '../../src/domain/records/phoneLoss.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { createContext, makeEntryLink, startServer, type Running } from '../../sync-server/start.ts'
import { launchPhone } from '../harness/launchPhone.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { must } from './Fault.ts'
import { freshQuarter, makeFolder, settingsOf, type Quarter } from './quarter.ts'

export const dist = resolve(import.meta.dirname, '../../dist')

/** What a member did on the phone that every fault begins with: so many knocks that no network has seen. */
export const UNSENT = 3

/** A phone in a real browser, and what a person reads on it. */
export class StairPhone {
  readonly context: BrowserContext
  readonly page: Page

  constructor(context: BrowserContext, page: Page) {
    this.context = context
    this.page = page
  }

  static async open(profile: string, options: { offline?: boolean } = {}): Promise<StairPhone> {
    const context = await launchPhone(profile, options)
    return new StairPhone(context, context.pages()[0] ?? (await context.newPage()))
  }

  /** Waits for words anywhere on the page. */
  async sees(words: string | RegExp): Promise<void> {
    await this.page.getByText(words).first().waitFor({ timeout: 15_000 })
  }

  /** The sentence of the sync state. */
  async state(): Promise<string> {
    return (await this.page.getByRole('status').first().textContent({ timeout: 1_000 }))?.trim() ?? ''
  }

  async says(sentence: string): Promise<void> {
    await waitUntil(async () => (await this.state()) === sentence, { withinMs: 20_000, what: sentence })
  }

  /** Opens the stairwell that home offers, past the sentence about manners if it stands in the way. */
  async goKnocking(): Promise<void> {
    await this.page.getByRole('link', { name: '敲门', exact: true }).first().click()
    const big = this.page
      .getByRole('button', { name: /^(开始|继续)/ })
      .or(this.page.getByRole('link', { name: /^(开始|继续)/ }))
    await big.first().click()
    await this.page.locator('button[data-door]').first().waitFor()
  }

  /** One tap on the door, one on an outcome. Whether it was saved is told by the queue. */
  async knock(label: string, outcome = '无人应门'): Promise<void> {
    await this.openDoor(label)
    await this.page.getByRole('button', { name: outcome, exact: true }).click()
  }

  /** Until its sheet is there: the one of the last door goes on by itself, maybe from under the finger. */
  async openDoor(label: string): Promise<void> {
    const dialog = this.page.getByRole('dialog')
    const heading = dialog.getByRole('heading', { name: label, exact: true })
    const close = dialog.getByRole('button', { name: '关闭', exact: true })
    const soon = { timeout: 1_500 }
    const open = async () => {
      if (await heading.isVisible()) return true
      if (await close.count()) await close.first().click(soon)
      await this.page.locator('button[data-door]').filter({ hasText: label }).first().click(soon)
      await heading.waitFor(soon)
      return true
    }
    await waitUntil(open, { withinMs: 20_000, what: `the sheet of ${label}` })
  }

  protocol(): Promise<CDPSession> {
    return this.context.newCDPSession(this.page)
  }

  close(): Promise<void> {
    return this.context.close()
  }
}

/** A real server, and a member's profile with unsent work in it: made once, copied and spoilt by each fault. */
export class PhoneScene {
  readonly quarter: Quarter
  readonly server: ServerContext
  readonly #running: Running
  /** Before the knocks, and after them. */
  readonly earlier: string
  readonly later: string
  readonly appDir: string

  private constructor(quarter: Quarter, server: ServerContext, running: Running, appDir: string) {
    this.quarter = quarter
    this.server = server
    this.#running = running
    this.appDir = appDir
    this.earlier = join(makeFolder('disk'), 'earlier')
    this.later = join(makeFolder('disk'), 'later')
  }

  get url(): string {
    return this.#running.url
  }

  static async open(): Promise<PhoneScene> {
    const quarter = await freshQuarter('disk')
    const appDir = join(makeFolder('disk'), 'dist')
    cpSync(dist, appDir, { recursive: true })
    const settings = settingsOf({ dataDir: quarter.dataDir })
    const server = await createContext(settings)
    const running = await startServer(settings, server, appDir)
    const scene = new PhoneScene(quarter, server, running, appDir)
    await scene.#makeProfiles()
    return scene
  }

  close(): Promise<void> {
    return this.#running.close()
  }

  /** A link by which the first member, or another one, comes in on another phone. */
  link(nth = 0): Promise<string> {
    const member = this.quarter.members[nth]!.standing.memberId
    return makeEntryLink(this.server, this.quarter.community, { role: 'member', member })
  }

  async #makeProfiles(): Promise<void> {
    const first = await StairPhone.open(this.earlier)
    await first.page.goto(`${this.url}/enter#${await this.link()}`)
    await first.says('已同步')
    await waitUntil(() => first.page.evaluate(() => navigator.serviceWorker.controller !== null), {
      what: 'the worker',
    })
    const hasReserve = () => first.page.evaluate(async () => await caches.has('qiaomen-reserve'))
    await waitUntil(hasReserve, { what: 'the reserve' })
    await first.close()
    cpSync(this.earlier, this.later, { recursive: true })
    const second = await StairPhone.open(this.later, { offline: true })
    await second.page.goto(this.url)
    await second.goKnocking()
    for (const label of ['101', '102', '201'].slice(0, UNSENT)) await second.knock(label)
    // The evening begins with the first knock, and is a saved thing as well.
    await second.says(`离线，${UNSENT + 1} 条待上传`)
    const remembers = () =>
      second.page.evaluate(() => {
        const key = Object.keys(localStorage).find((name) => name.endsWith('.kept'))
        return (JSON.parse(localStorage[key!].replace(/^\d+ /, '')) as { ids: string[] }).ids.length
      })
    await waitUntil(async () => (await remembers()) === UNSENT + 1, { what: 'the sentinel to know' })
    await second.close()
  }

  /** A copy of the profile with unsent work, to be spoilt. */
  copy(): string {
    const profile = join(makeFolder('disk'), 'profile')
    cpSync(this.later, profile, { recursive: true })
    return profile
  }

  /** Where Chromium keeps this origin's IndexedDB within a profile. */
  files(profile: string): string {
    const { hostname, port } = new URL(this.url)
    const folder = join(profile, 'Default', 'IndexedDB', `http_${hostname}_${port}.indexeddb.leveldb`)
    must(existsSync(folder) && readdirSync(folder).length > 0, `there is no IndexedDB in ${folder}`)
    return folder
  }

  /** Runs something in a page of the app's origin on which the app does not run. */
  async aside<T, A>(phone: StairPhone, run: (arg: A) => Promise<T> | T, arg: A): Promise<T> {
    const page = await phone.context.newPage()
    await page.goto(`${this.url}/healthz`)
    const result = await page.evaluate(run as never, arg)
    await page.close()
    return result as T
  }

  /** What phones told their leaders, the latest last. */
  async losses(): Promise<PhoneLoss[]> {
    const rows = await this.server.storage.db
      .selectFrom('record')
      .selectAll()
      .where('community', '=', this.quarter.community)
      .where('kind', '=', 'phoneLoss')
      .orderBy('clock')
      .execute()
    return rows.map((row) => JSON.parse(row.body!) as PhoneLoss)
  }

  /** Waits for one more word to the leaders than there were before. */
  async tells(before: number): Promise<PhoneLoss> {
    await waitUntil(async () => (await this.losses()).length > before, {
      withinMs: 20_000,
      what: 'the leader to be told',
    })
    return (await this.losses()).at(-1)!
  }
}

let opened: Promise<PhoneScene> | undefined

/** One scene for all faults of a run; they copy what they spoil. */
export function phoneScene(): Promise<PhoneScene> {
  return (opened ??= PhoneScene.open())
}

export async function closePhoneScene(): Promise<void> {
  await (await opened)?.close()
  opened = undefined
}
