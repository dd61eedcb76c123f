import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DATA_VERSION } from '../../src/db/database.ts'
import { appMessages } from '../../src/messages/app.ts'
import { phoneMessages } from '../../src/messages/phone.ts'
import { visitMessages } from '../../src/messages/visits.ts'
import { killBrowser } from '../harness/browserProcess.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { must, type Fault } from './Fault.ts'
import { dist, phoneScene, StairPhone, UNSENT, type PhoneScene } from './phoneScene.ts'

export const SAVED = UNSENT + 1
const { says } = phoneMessages

/** How many commands wait on this phone. Runs in the page of the app. */
const waiting = (phone: StairPhone): Promise<number> =>
  phone.page.evaluate(async () => {
    const entry = (await indexedDB.databases()).find(({ name }) => name!.startsWith('qiaomen.'))!
    const database = await new Promise<IDBDatabase>((resolve) => {
      const opening = indexedDB.open(entry.name!)
      opening.onsuccess = () => resolve(opening.result)
    })
    const count = await new Promise<number>((resolve) => {
      const counting = database.transaction('outbox').objectStore('outbox').count()
      counting.onsuccess = () => resolve(counting.result)
    })
    database.close()
    return count
  })

/** Opens the database of this origin at a version, and keeps it open until its page goes. Runs in a page beside the app. */
const holdOpen = ({ version, deaf }: { version: number; deaf: boolean }): Promise<string> =>
  new Promise((resolve, reject) => {
    void indexedDB.databases().then((databases) => {
      const { name } = databases.find((entry) => entry.name!.startsWith('qiaomen.'))!
      const opening = indexedDB.open(name!, version)
      opening.onupgradeneeded = () => opening.result.createObjectStore(`of${version}`)
      opening.onerror = () => reject(opening.error)
      opening.onsuccess = () => {
        if (!deaf) opening.result.onversionchange = () => opening.result.close()
        Object.assign(window, { held: opening.result })
        resolve(name!)
      }
    })
  })

export async function withPhone(
  run: (phone: StairPhone, scene: PhoneScene, profile: string) => Promise<string>,
  options: { offline?: boolean } = { offline: true },
): Promise<string> {
  const scene = await phoneScene()
  const profile = scene.copy()
  const phone = await StairPhone.open(profile, options)
  try {
    return await run(phone, scene, profile)
  } finally {
    await phone.close().catch(() => undefined)
  }
}

/** Full: the last visit goes into the reserve, the person is told, and what was saved goes out. */
const quota = (): Promise<string> =>
  withPhone(
    async (phone, scene) => {
      const protocol = await phone.protocol()
      const origin = scene.url.replace(/\/$/, '')
      // Chromium remembers for half a minute how much room there was; so the room goes before the app writes anything.
      await phone.page.goto(`${scene.url}/healthz`)
      const limit = (bytes: number) => protocol.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: bytes })
      const usage = () => phone.page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0)
      // Databases are counted once they are opened, so this is less than is there already.
      const full = await usage()
      await limit(full)
      await phone.context.setOffline(true)
      await phone.page.goto(scene.url)
      await phone.says(`离线，${SAVED} 条待上传`)
      await phone.goKnocking()
      await phone.knock('202')
      await phone.sees(says.nearlyFull)
      must((await waiting(phone)) === SAVED + 1, 'the last visit was not saved')
      const room = full - (await usage())
      await phone.page.getByRole('button', { name: '知道了' }).click()
      const kept = await waiting(phone)
      await protocol.send('Storage.overrideQuotaForOrigin', { origin })
      await phone.context.setOffline(false)
      await phone.says('已同步')
      return `${kept} saved on a full phone, ${Math.round(room / 1024)} kB given up, all sent`
    },
    { offline: false },
  )

/** Safari breaks the connection: the tap is saved by the same connection opened again, and nothing is begun anew. */
const connectionLost = (): Promise<string> =>
  withPhone(async (phone, scene) => {
    await phone.page.addInitScript(() => {
      const transact = IDBDatabase.prototype.transaction
      const broken = new WeakSet<IDBDatabase>()
      const fault = { breaks: 'nothing' as 'nothing' | 'writes' | 'reads' | 'everything' }
      Object.assign(window, { fault })
      IDBDatabase.prototype.transaction = function (...args) {
        const isWrite = args[1] === 'readwrite'
        if (fault.breaks === (isWrite ? 'writes' : 'reads')) {
          fault.breaks = 'nothing'
          broken.add(this)
        }
        const message = 'Connection to Indexed Database server lost. Refresh the page to try again'
        if (fault.breaks === 'everything' || broken.has(this)) throw new DOMException(message, 'UnknownError')
        return transact.apply(this, args)
      }
    })
    const breaks = (what: string) =>
      phone.page.evaluate(
        (next) => Object.assign((window as unknown as { fault: object }).fault, { breaks: next }),
        what,
      )
    await phone.page.goto(scene.url)
    await phone.goKnocking()
    await phone.knock('202')
    await phone.says(`离线，${SAVED + 1} 条待上传`)
    await phone.openDoor('201')
    await breaks('writes')
    await phone.knock('201')
    await phone.says(`离线，${SAVED + 2} 条待上传`)
    await phone.openDoor('102')
    await breaks('everything')
    await phone.knock('102')
    await phone.sees(says.lost)
    await breaks('nothing')
    await phone.page.getByRole('button', { name: phoneMessages.acts.lost }).first().click()
    await phone.says(`离线，${SAVED + 2} 条待上传`)
    must((await phone.page.getByText('可能丢失').count()) === 0, 'a false alarm')
    return `saved again after one break, a reload offered after a lasting one, ${await waiting(phone)} still here`
  })

/** Data of a newer version: to look at, not to write, and the person is told. */
const newerData = (): Promise<string> =>
  withPhone(
    async (phone, scene) => {
      const version = 10 * (DATA_VERSION + 1)
      await phone.page.goto(`${scene.url}/healthz`).catch(() => undefined)
      await phone.page.evaluate(holdOpen, { version, deaf: false })
      await phone.page.goto(scene.url)
      await phone.sees(says.newer)
      await phone.goKnocking()
      await phone.knock('202')
      await phone.sees(visitMessages.trouble.failed)
      must((await waiting(phone)) === SAVED, 'newer data were written')
      const after = await phone.page.evaluate(async () => (await indexedDB.databases()).map((entry) => entry.version))
      must(after.includes(version), 'newer data were given an older shape')
      return `version ${version} looked at, ${SAVED} rows untouched`
    },
    { offline: false },
  )

/** A newer version in another window: this one lets go, and says so. */
const otherWindow = (): Promise<string> =>
  withPhone(
    async (phone, scene) => {
      await phone.page.goto(scene.url)
      await phone.sees('待上传')
      const other = await phone.context.newPage()
      await other.goto(`${scene.url}/healthz`)
      await other.evaluate(holdOpen, { version: 10 * (DATA_VERSION + 1), deaf: false })
      await phone.sees(says.otherWindow)
      return 'the older window let go at once, and said so'
    },
    { offline: false },
  )

/** An older version in another window that does not let go: the new one says so, and goes on by itself. */
const blocked = (): Promise<string> =>
  withPhone(
    async (phone, scene) => {
      const old = await phone.context.newPage()
      await old.goto(`${scene.url}/healthz`)
      // The phone as the version before left it, with an owner and without what came later.
      await old.evaluate(async () => {
        const { name } = (await indexedDB.databases()).find((entry) => entry.name!.startsWith('qiaomen.'))!
        const rows = await new Promise<[string, unknown[], IDBObjectStoreParameters, [string, string[]][]][]>(
          (resolve) => {
            const opening = indexedDB.open(name!)
            opening.onsuccess = async () => {
              const database = opening.result
              const stores = [...database.objectStoreNames].filter(
                (store) => !['carried', 'quarantine'].includes(store),
              )
              const all = stores.map(
                (store) =>
                  new Promise<[string, unknown[], IDBObjectStoreParameters, [string, string[]][]]>((done) => {
                    const from = database.transaction(store).objectStore(store)
                    const shape = { keyPath: from.keyPath as string, autoIncrement: from.autoIncrement }
                    const indexes = [...from.indexNames].map(
                      (index) => [index, from.index(index).keyPath] as [string, string[]],
                    )
                    const reading = from.getAll()
                    reading.onsuccess = () => done([store, reading.result, shape, indexes])
                  }),
              )
              const result = await Promise.all(all)
              database.close()
              resolve(result)
            }
          },
        )
        await new Promise((resolve) => (indexedDB.deleteDatabase(name!).onsuccess = resolve))
        await new Promise<void>((resolve) => {
          const opening = indexedDB.open(name!, 10)
          opening.onupgradeneeded = () => {
            for (const [store, values, shape, indexes] of rows) {
              const made = opening.result.createObjectStore(store, shape)
              for (const [index, keyPath] of indexes) made.createIndex(index, keyPath)
              for (const value of values) made.add(value)
            }
          }
          opening.onsuccess = () => {
            Object.assign(window, { held: opening.result })
            resolve()
          }
        })
      })
      await phone.page.goto(scene.url)
      await phone.sees(says.blocked)
      await old.close()
      await phone.sees('待上传')
      await phone.says('已同步')
      return 'told, and upgraded as soon as the other window was closed'
    },
    { offline: false },
  )

/** Killed in the middle of an upgrade: the data are as they were before it. */
const killedInUpgrade = (): Promise<string> =>
  withPhone(
    async (phone, scene, profile) => {
      await phone.page.goto(`${scene.url}/healthz`)
      const half = await phone.page.evaluate(
        async (version) => {
          const { name } = (await indexedDB.databases()).find((entry) => entry.name!.startsWith('qiaomen.'))!
          return new Promise<number>((resolve) => {
            const opening = indexedDB.open(name!, version)
            opening.onupgradeneeded = () => {
              const outbox = opening.transaction!.objectStore('outbox')
              outbox.clear()
              let written = 0
              const goOn = () => {
                if (++written === 50) resolve(written)
                outbox.add({ written }).onsuccess = goOn
              }
              goOn()
            }
          })
        },
        10 * (DATA_VERSION + 1),
      )
      must(half === 50, 'the upgrade did not get half-way')
      await killBrowser(profile)
      const again = await StairPhone.open(profile)
      try {
        await again.page.goto(scene.url)
        await again.says('已同步')
        must((await again.page.getByText('可能丢失').count()) === 0, 'a false alarm')
        return `killed after ${half} rows of an upgrade; everything was there, and was sent`
      } finally {
        await again.close()
      }
    },
    { offline: false },
  )

/** Two windows of one phone, both with signal: everything is sent once. */
const twoTabs = (): Promise<string> =>
  withPhone(async (phone, scene) => {
    const before = await commands(scene)
    await phone.page.goto(scene.url)
    const other = new StairPhone(phone.context, await phone.context.newPage())
    await other.page.goto(scene.url)
    await phone.context.setOffline(false)
    await Promise.all([phone.says('已同步'), other.says('已同步')])
    // A window behind another one is hardly drawn.
    await phone.page.bringToFront()
    await phone.goKnocking()
    await phone.knock('202')
    // Copies of this phone have been here before: only the last knock is new to the server.
    await waitUntil(async () => (await commands(scene)).length > before.length, { withinMs: 20_000, what: 'the knock' })
    await phone.says('已同步')
    const after = await commands(scene)
    must((await phone.page.getByText('可能丢失').count()) === 0, 'a false alarm')
    return `${after.length - before.length} commands from two windows`
  })

/** A window that the browser froze in the middle of a sync keeps the lock of its cycle, and holds nobody up for ever. */
const frozenTab = (): Promise<string> =>
  withPhone(
    async (phone, scene) => {
      const before = await commands(scene)
      await phone.page.goto(scene.url)
      await phone.says('已同步')
      const protocol = await phone.protocol()
      const other = new StairPhone(phone.context, await phone.context.newPage())
      await other.page.goto(scene.url)
      await other.says('已同步')
      await phone.page.bringToFront()
      let letGo = () => {}
      const held = new Promise<void>((resolve) => (letGo = resolve))
      let isAsking = false
      await phone.page.route('**/api/sync', async (route) => {
        isAsking = true
        await held
        await route.continue().catch(() => undefined)
      })
      await phone.goKnocking()
      await phone.knock('202')
      await waitUntil(() => isAsking, { withinMs: 20_000, what: 'the cycle that freezes' })
      await protocol.send('Page.setWebLifecycleState', { state: 'frozen' })
      const frozenAt = performance.now()
      await other.page.bringToFront()
      const holds = await other.page.evaluate(async () => ((await navigator.locks.query()).held ?? []).length)
      must(holds > 0, 'nobody held the lock: the window froze between two cycles')
      await other.goKnocking()
      await other.knock('101')
      // It looks for the lock forty times before it goes without.
      await waitUntil(async () => (await other.state()) === '已同步', { withinMs: 150_000, what: 'the other to send' })
      const waitedS = Math.round((performance.now() - frozenAt) / 1_000)
      const sent = await commands(scene)
      must(sent.length >= before.length + 2, 'what both windows had saved was not sent')
      await protocol.send('Page.setWebLifecycleState', { state: 'active' })
      letGo()
      await phone.page.bringToFront()
      await phone.says('已同步')
      const after = await commands(scene)
      must(new Set(after).size === after.length, 'a command is there twice')
      must((await phone.page.getByText('可能丢失').count()) === 0, 'a false alarm')
      return `froze in a cycle; the other window sent for both after ${waitedS} s, and the late request doubled nothing`
    },
    { offline: false },
  )

/** Half of a new version: a screen whose file is nowhere. The page begins again once, and then says so. */
const halfDeployed = (): Promise<string> =>
  withPhone(
    async (phone, scene) => {
      await phone.page.goto(scene.url)
      await phone.says('已同步')
      const assets = join(scene.appDir, 'assets')
      const [file] = readdirSync(assets).filter((name) => name.startsWith('ServiceScreen'))
      rmSync(join(assets, file!))
      try {
        await (await phone.protocol()).send('Network.clearBrowserCache')
        await phone.page.evaluate(async (name) => {
          for (const cache of await caches.keys()) {
            const open = await caches.open(cache)
            for (const request of await open.keys()) if (request.url.includes(name)) await open.delete(request)
          }
          Object.assign(window, { isOld: true })
        }, file!)
        await phone.page.getByRole('link', { name: '服务', exact: true }).click()
        await waitUntil(() => phone.page.evaluate(() => !('isOld' in window)), { what: 'the page to begin again' })
        await phone.sees(appMessages.bug)
        await phone.page.getByRole('link', { name: '敲门', exact: true }).first().click()
        await phone.page.getByRole('heading', { name: '今晚敲门' }).waitFor()
        return 'began again once, then said so; the other screens work'
      } finally {
        // Whoever comes behind finds the app whole: a worker takes over with every one of its files, or not at all.
        cpSync(join(dist, 'assets', file!), join(assets, file!))
      }
    },
    { offline: false },
  )

async function commands(scene: PhoneScene): Promise<string[]> {
  const rows = await scene.server.storage.db
    .selectFrom('command')
    .select('id')
    .where('community', '=', scene.quarter.community)
    .execute()
  return rows.map((row) => row.id)
}

/** What a phone meets that loses nothing, if it is met well. */
export const phoneTroubleFaults: readonly Fault[] = [
  { name: 'quota exceeded', run: quota },
  { name: 'connection to the database lost', run: connectionLost },
  { name: 'older app on newer data', run: newerData },
  { name: 'a newer version in another window', run: otherWindow },
  { name: 'blocked upgrade', run: blocked },
  { name: 'killed in an upgrade', run: killedInUpgrade },
  { name: 'two tabs', run: twoTabs },
  { name: 'frozen tab', run: frozenTab },
  { name: 'half-deployed assets', run: halfDeployed },
]
