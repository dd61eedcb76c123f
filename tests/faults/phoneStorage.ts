import { cpSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright'
import type { LossCode } from '../../src/domain/records/phoneLoss.ts'
import { queueMessages } from '../../src/messages/queue.ts'
import { accessFaultsInEveryLook } from '../harness/accessFaults.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { must, type Fault } from './Fault.ts'
import { phoneScene, StairPhone, UNSENT, type PhoneScene } from './phoneScene.ts'

/** The evening's beginning is a saved thing too. */
const SAVED = UNSENT + 1
const AT_MOST = `最多 ${SAVED} 条未上传的记录可能丢失`

/** A way in which a phone loses what was saved on it, done to the files of a real browser's profile. */
interface Spoiling {
  name: string
  /** Spoils a profile in which four saved things are unsent. */
  spoil(scene: PhoneScene, profile: string): Promise<void> | void
  /** What the member is told. */
  codes: readonly LossCode[]
  atMost: number | null
}

/** The app's database on this phone, opened beside the app. Runs in the page. */
const inDatabase = `
  window.openHere = async () => {
    const { name } = (await indexedDB.databases()).find((entry) => entry.name.startsWith('qiaomen.'))
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(name)
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(opening.error)
    })
  }`

/** Does something to the rows of a profile, with the app closed. */
async function edit(scene: PhoneScene, profile: string, script: string): Promise<void> {
  const phone = await StairPhone.open(profile)
  await phone.page.goto(`${scene.url}/healthz`)
  await phone.page.evaluate(inDatabase)
  await phone.page.evaluate(`(async () => { const database = await openHere(); ${script}; database.close() })()`)
  await phone.close()
}

const within = (stores: string, work: string) => `
  await new Promise((resolve, reject) => {
    const transaction = database.transaction(${stores}, 'readwrite')
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(transaction.error)
    ${work}
  })`

const spoilings: readonly Spoiling[] = [
  {
    name: 'emptied',
    spoil: (scene, profile) =>
      edit(
        scene,
        profile,
        within(
          '[...database.objectStoreNames]',
          'for (const name of database.objectStoreNames) transaction.objectStore(name).clear()',
        ),
      ),
    codes: ['emptied'],
    atMost: SAVED,
  },
  {
    name: 'truncated: rows gone from the outbox',
    spoil: (scene, profile) => edit(scene, profile, within(`['outbox']`, `transaction.objectStore('outbox').clear()`)),
    codes: ['rowsMissing'],
    atMost: SAVED,
  },
  {
    name: 'truncated: the log cut in two',
    spoil(scene, profile) {
      const folder = scene.files(profile)
      for (const name of readdirSync(folder).filter((file) => file.endsWith('.log'))) {
        const file = join(folder, name)
        truncateSync(file, Math.floor(statSync(file).size / 2))
      }
    },
    codes: ['fellBack', 'rowsMissing', 'emptied', 'vanished'],
    atMost: SAVED,
  },
  {
    name: 'corrupted: Chromium begins an empty one without an error',
    spoil(scene, profile) {
      const folder = scene.files(profile)
      for (const name of readdirSync(folder).filter((file) => file.startsWith('MANIFEST'))) {
        writeFileSync(join(folder, name), 'this was a manifest')
      }
    },
    codes: ['vanished'],
    atMost: SAVED,
  },
  {
    name: 'evicted: the folder is gone',
    spoil(scene, profile) {
      rmSync(scene.files(profile), { recursive: true })
    },
    codes: ['vanished'],
    atMost: SAVED,
  },
  {
    name: 'downgraded: the folder as it was before the evening',
    spoil(scene, profile) {
      rmSync(scene.files(profile), { recursive: true })
      const before = scene.files(scene.earlier)
      cpSync(before, join(profile, before.slice(scene.earlier.length + 1)), { recursive: true })
    },
    codes: ['fellBack'],
    atMost: SAVED,
  },
  {
    name: 'cleared but for the cookie, as Safari does after seven days',
    spoil(_scene, profile) {
      for (const name of ['IndexedDB', 'Local Storage', 'Service Worker', 'Session Storage', 'WebStorage']) {
        rmSync(join(profile, 'Default', name), { recursive: true, force: true })
      }
    },
    codes: ['vanished'],
    atMost: null,
  },
  {
    name: 'a hand-edited row',
    spoil: (scene, profile) =>
      edit(
        scene,
        profile,
        within(
          `['outbox']`,
          `const cursor = transaction.objectStore('outbox').openCursor()
           cursor.onsuccess = () => cursor.result.update({ ...cursor.result.value, changes: 'all', claimedAt: 'once' })`,
        ),
      ),
    codes: ['quarantined', 'numbersLost'],
    atMost: 1,
  },
]

/** Starts the app on a spoilt profile: the member is told in words, and the leader with the next sync. */
/** Everybody must be able to read an alarm; it looks alike after every loss, so it is looked at once. */
const looked = new Set<string>()
async function expectReadable(page: Page, what: string): Promise<void> {
  if (looked.has(what)) return
  looked.add(what)
  const faults = await accessFaultsInEveryLook(page)
  must(faults.length === 0, `${what}: ${faults.join('; ')}`)
}

async function expectNoticed({ name, spoil, codes, atMost }: Spoiling): Promise<string> {
  const scene = await phoneScene()
  const before = (await scene.losses()).length
  const profile = scene.copy()
  await spoil(scene, profile)
  const phone = await StairPhone.open(profile)
  try {
    await phone.page.goto(scene.url)
    await phone.sees(atMost === null || atMost !== SAVED ? /可能丢失|存储出过问题/ : AT_MOST)
    await expectReadable(phone.page, 'the alarm in the frame')
    const told = await scene.tells(before)
    must(codes.includes(told.code), `${name} was told as ${told.code}`)
    must(told.atMost === atMost, `${name}: at most ${atMost}, told ${told.atMost}`)
    await phone.page.getByRole('button', { name: '看一看' }).first().click()
    const titles = new Set(codes.map((code) => queueMessages.alarms[code].title))
    await phone.sees(new RegExp([...titles].join('|')))
    await waitUntil(async () => (await phone.page.getByRole('button', { name: '知道了' }).count()) > 0)
    await expectReadable(phone.page, 'the alarm in the queue')
    await phone.page.getByRole('button', { name: '知道了' }).click()
    await waitUntil(async () => (await phone.page.getByRole('button', { name: '看一看' }).count()) === 0)
    await phone.says('已同步')
    // What was acknowledged came back: there is a house to go on with.
    await phone.goKnocking()
    return `${told.code}, at most ${told.atMost ?? 'unknown'}`
  } finally {
    await phone.close()
  }
}

/** Every way of losing saved data is noticed: the member reads it, the leader is told, and the phone goes on working. */
export const phoneLossFaults: readonly Fault[] = spoilings.map((spoiling) => ({
  name: spoiling.name,
  run: () => expectNoticed(spoiling),
}))
