import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach } from 'vitest'
import type { PhoneOptions } from '../harness/launchPhone.ts'
import { describePerson, turnOn, type Person } from './steps.ts'

/** Where a journey is played: a folder for its phones, and the servers behind them. */
export interface Stage {
  /** Gone when the tests of the file have ended. */
  folder: string
  /** Turns a phone on. The same name again is the same phone, with everything that it had stored. */
  turnOn(name: string, options?: PhoneOptions): Promise<Person>
  /** Stops this server once nobody needs it any more. */
  serve<Server extends { stop(): Promise<void> }>(starting: Promise<Server>): Promise<Server>
}

/** Opens the stage of one test file; whatever happens on it, it is cleared when the file is through. */
export function openStage(name: string): Stage {
  const folder = mkdtempSync(path.join(tmpdir(), `${name}-`))
  const people: Person[] = []
  const servers: { stop(): Promise<void> }[] = []
  // Where a journey breaks off, what its people have before them says more than the line that gave up waiting.
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return
    for (const person of people) console.error(await describePerson(person))
  })
  afterAll(async () => {
    for (const { context } of people) await context.close().catch(() => undefined)
    await Promise.all(servers.map((server) => server.stop()))
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    folder,
    async turnOn(profile, options) {
      const person = await turnOn(path.resolve(folder, plain(profile)), options)
      people.push(person)
      return person
    },
    async serve(starting) {
      const server = await starting
      servers.push(server)
      return server
    },
  }
}

/**
 * Without a locale that knows UTF-8, as under cron or in a bare shell, Chromium's storage crashes again and again in a folder
 * with a Chinese name, and the page hangs: so the folders of phones have plain ones.
 */
function plain(name: string): string {
  return name.replaceAll(/[^ -~]/gu, (letter) => letter.codePointAt(0)!.toString(16))
}
