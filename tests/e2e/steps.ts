import path from 'node:path'
import type { BrowserContext, Locator, Page } from 'playwright'
import { expect } from 'vitest'
import { launchPhone, type PhoneOptions } from '../harness/launchPhone.ts'
import { waitUntil } from '../harness/waitUntil.ts'

/** A person with a phone: the profile can be closed, killed and opened again. */
export interface Person {
  profile: string
  context: BrowserContext
  page: Page
  /** What its pages complained of, requests that broke, and answers that were errors. */
  troubles: string[]
  /** Requests that nobody has answered yet. */
  asked: Set<string>
}

/** What pages complained about since the run began; journeys expect nothing but what they provoke. */
export const complaints: string[] = []

export async function turnOn(profile: string, options: PhoneOptions = {}): Promise<Person> {
  const context = await launchPhone(profile, options)
  const page = context.pages()[0] ?? (await context.newPage())
  page.on('pageerror', (error) => complaints.push(`${path.basename(profile)}: ${String(error)}`))
  page.on('console', (message) => {
    const isNetwork = /net::ERR_|Failed to load resource/.test(message.text())
    if (message.type() === 'error' && !isNetwork) complaints.push(`${path.basename(profile)}: ${message.text()}`)
  })
  const troubles: string[] = []
  const asked = new Set<string>()
  page.on('crash', () => troubles.push('the page crashed'))
  page.on('pageerror', (error) => troubles.push(String(error)))
  context.on('request', (request) => asked.add(request.url()))
  context.on('requestfinished', (request) => asked.delete(request.url()))
  context.on('requestfailed', (request) => {
    asked.delete(request.url())
    troubles.push(`${request.url()}: ${request.failure()?.errorText}`)
  })
  context.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.url()}: ${response.status()}`)
  })
  return { profile, context, page, troubles, asked }
}

/** What a person has before them: the address, the words on the screen, the last troubles. */
export async function describePerson({ profile, context, page, troubles, asked }: Person): Promise<string> {
  const look = async () => {
    const words = await page.locator('body').innerText({ timeout: 3_000 })
    const rest = await page.evaluate(() => ({
      ready: document.readyState,
      session: { ...sessionStorage },
      files: performance.getEntriesByType('resource').map(({ name, duration }) => `${name} ${Math.round(duration)} ms`),
    }))
    return { words, ...rest }
  }
  const seen = await look().catch((error: unknown) => String(error))
  const pages = context.pages().map((each) => each.url())
  return JSON.stringify(
    { who: path.basename(profile), pages, seen, troubles: troubles.slice(-20), asked: [...asked] },
    null,
    2,
  )
}

/** A button or a link whose name begins with these words. */
export function act(page: Page | Locator, begins: string): Locator {
  const name = new RegExp(`^${begins.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)
  return page.getByRole('button', { name }).or(page.getByRole('link', { name })).first()
}

export const tab = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).click()

/** The sentence of the sync state. */
export async function syncState(page: Page): Promise<string> {
  return (await page.getByRole('status').first().textContent())?.trim() ?? ''
}

export async function expectSynced(page: Page): Promise<void> {
  await waitUntil(async () => (await syncState(page)) === '已同步', { withinMs: 30_000, what: '已同步' })
}

/** Does something that is saved, and waits until the server has answered for it. */
export async function delivers(page: Page, deed: () => Promise<unknown>): Promise<void> {
  const answered = page.waitForResponse(
    async (response) =>
      response.url().endsWith('/api/sync') && ((await response.json()) as { answers: unknown[] }).answers.length > 0,
  )
  await deed()
  await answered
}

/** Every window on the page, as its accessible name says it: label → state. */
export async function windows(page: Page): Promise<Record<string, string>> {
  const names = await page
    .locator('button[data-door]')
    .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? button.textContent ?? ''))
  return Object.fromEntries(
    names.map((name) => {
      const [label = '', state = ''] = name.trim().split(/\s+/)
      return [label, state]
    }),
  )
}

export async function windowState(page: Page, label: string): Promise<string> {
  return (await windows(page))[label] ?? ''
}

/** One tap on the window, one on the outcome, and the window shows it. */
export async function knock(page: Page, label: string, outcome: string, shows: string): Promise<void> {
  await page
    .locator('button[data-door]')
    .filter({ hasText: new RegExp(`^\\s*${label}(?!\\d)`) })
    .first()
    .click()
  await page.getByRole('dialog').getByRole('heading', { name: label, exact: true }).waitFor()
  await page.getByRole('button', { name: outcome, exact: true }).click()
  await waitUntil(async () => (await windowState(page, label)) === shows, { what: `${label} to show ${shows}` })
}

/** Closes the door sheet if it is open. */
export async function closeSheet(page: Page): Promise<void> {
  const close = page.getByRole('dialog').getByRole('button', { name: '关闭', exact: true })
  if (await close.count()) await close.first().click()
}

/** Waits for words anywhere on the page. */
export async function sees(page: Page, words: string): Promise<void> {
  await page.getByText(words).first().waitFor({ timeout: 15_000 })
}

export async function expectNoComplaints(): Promise<void> {
  expect(complaints.splice(0)).toEqual([])
}
