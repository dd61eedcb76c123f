import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DATA_VERSION } from '../../src/db/database.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import { createContext, startServer } from '../../sync-server/start.ts'
import { restorePhone, type PhoneDump } from '../harness/phoneDump.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { must, type Fault } from './Fault.ts'
import { setClock } from './phoneClocks.ts'
import { dist, StairPhone } from './phoneScene.ts'
import { makeFolder, settingsOf } from './quarter.ts'
import { rowsIn } from './Rows.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures')

interface RecordedPhone {
  at: number
  secret: string
  cookie: string
  standing: Standing
  dump: PhoneDump
}

/**
 * The phone and the server as a version left them (tests/fixtures), under today's app in a real browser and today's
 * server: everything that waited is answered as it deserves, and what the person saw is still there.
 */
async function wakeIn(version: string): Promise<string> {
  const recorded = JSON.parse(readFileSync(join(fixtures, version, 'phone.json'), 'utf8')) as RecordedPhone
  const { at, secret, cookie, standing, dump } = recorded
  const dataDir = makeFolder('disk')
  const file = readFileSync(join(fixtures, version, 'server-after.sqlite.gz'))
  writeFileSync(join(dataDir, 'qiaomen.sqlite'), gunzipSync(file))
  // It is the evening on which they were recorded.
  const aheadMs = at + 60_000 - Date.now()
  const settings = settingsOf({ dataDir })
  const context = { ...(await createContext(settings)), secret, clock: { now: () => Date.now() + aheadMs } }
  const server = await startServer(settings, context, dist)
  const phone = await StairPhone.open(join(makeFolder('disk'), version))
  try {
    const { page } = phone
    await page.addInitScript(setClock, aheadMs)
    await page.goto(`${server.url}/healthz`)
    await phone.context.addCookies([
      { name: 'qiaomen', value: cookie, url: server.url, httpOnly: true, sameSite: 'Strict' },
    ])
    await page.evaluate(restorePhone, dump)
    await page.evaluate((known) => localStorage.setItem('qiaomen.enrolment', JSON.stringify(known)), standing)
    await page.goto(server.url)
    const waiting = (dump.stores.find(({ name }) => name === 'outbox')!.rows as { id: string; state: string }[]).filter(
      ({ state }) => state === 'pending' || state === 'applied',
    )
    const arrived = async () => {
      const known = new Map((await rowsIn(dataDir)).commands.map(({ id, answer }) => [id, answer.result]))
      return waiting.every(({ id }) => known.get(id) === 'applied')
    }
    await waitUntil(arrived, { withinMs: 20_000, what: 'what waited to arrive' })
    const left = () => statesIn(phone)
    await waitUntil(async () => (await left()).states.join() === 'held,refused', { what: 'the queue to be settled' })
    must((await left()).version === DATA_VERSION * 10, 'the database was not brought to the shape of today')
    must((await page.getByText('可能丢失').count()) === 0, 'a false alarm')
    const { commands } = await rowsIn(dataDir)
    must(new Set(commands.map(({ id }) => id)).size === commands.length, 'a command is there twice')
    await phone.goKnocking()
    return `${version}: ${waiting.length} that waited are answered, what is held and refused is kept`
  } finally {
    await phone.close()
    await server.close()
  }
}

/** The states of what lies in the outbox, and the version of the database. Runs in the page of the app. */
const statesIn = (phone: StairPhone): Promise<{ states: string[]; version: number }> =>
  phone.page.evaluate(async () => {
    const ended = <T>(request: IDBRequest<T>) =>
      new Promise<T>((done) => (request.onsuccess = () => done(request.result)))
    const { name } = (await indexedDB.databases()).find((entry) => entry.name!.startsWith('qiaomen.'))!
    const database = await ended(indexedDB.open(name!))
    const rows = (await ended(database.transaction('outbox').objectStore('outbox').getAll())) as { state: string }[]
    const { version } = database
    database.close()
    return { states: rows.map(({ state }) => state).sort(), version }
  })

/** Every version that was ever recorded, the oldest included; two versions ago is among them as soon as there are three. */
async function oldPhones(): Promise<string> {
  const told: string[] = []
  for (const version of readdirSync(fixtures).filter((name) => /^v\d+$/.test(name))) told.push(await wakeIn(version))
  return told.join('; ')
}

export const oldPhoneFaults: readonly Fault[] = [
  { name: 'a client of every recorded version wakes up', run: oldPhones },
]
