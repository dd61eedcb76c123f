import { join } from 'node:path'
import { browserPid, killBrowser } from '../harness/browserProcess.ts'
import { seededRng } from '../harness/world.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { must, type Fault } from './Fault.ts'
import { mustBeWhole, Oracle } from './Oracle.ts'
import { phoneScene, StairPhone, type PhoneScene } from './phoneScene.ts'
import { makeFolder } from './quarter.ts'
import { rowsIn } from './Rows.ts'

const DOORS = ['101', '102', '201', '202']
/** A browser dies at one of the first taps of its life. */
const FIRST_TAPS = 5
/** So many milliseconds at most after the finger comes down, or after the app begins to write. */
const WITHIN_MS = { finger: 150, write: 12, said: 0 }
/** A finger may come too early for its sheet, and comes again: with another outcome, because the same again changes no window. */
const TRIES = ['无人应门', '这次不便', '无人应门']
/** The control is caught within so many, or the kills prove nothing. */
const CONTROL_KILLS = 6

interface Watched {
  adding(id: string): void
  told(id: string): void
}

/**
 * Hears which ids the app writes into its outbox, and when the page shows that the tap is saved: the window or the line
 * about it has changed. It must stand alone, because it is sent to the browser as text.
 */
function watchSaved(): void {
  const watched = window as unknown as Watched
  const written: string[] = []
  const add = IDBObjectStore.prototype.add
  IDBObjectStore.prototype.add = function (...args) {
    if (this.name === 'outbox') {
      const { id } = args[0] as { id: string }
      written.push(id)
      watched.adding(id)
    }
    return add.apply(this, args)
  }
  new MutationObserver((changes) => {
    const tells = 'button[data-door], .standing'
    const isTold = (node: Node) => (node instanceof Element ? node : node.parentElement)?.closest(tells)
    const shows = ({ target, addedNodes }: MutationRecord) => isTold(target) || [...addedNodes].some(isTold)
    if (changes.some(shows)) for (const id of written.splice(0)) watched.told(id)
  }).observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: ['aria-label'] })
}

/** Planted: a transaction of the app is called complete at once, while it goes on for a tenth of a second. */
function sayTooEarly(): void {
  const listen = IDBTransaction.prototype.addEventListener
  IDBTransaction.prototype.commit = function (this: IDBTransaction) {
    const endsAt = performance.now() + 100
    const store = this.objectStore('outbox')
    const goOn = () => {
      if (performance.now() < endsAt) store.count().onsuccess = goOn
    }
    goOn()
  }
  IDBTransaction.prototype.addEventListener = function (this: IDBTransaction, ...args: Parameters<typeof listen>) {
    const [type, heard] = args
    if (type === 'complete' && this.mode === 'readwrite') setTimeout(heard as () => void, 5)
    else listen.apply(this, args)
  } as typeof listen
}

/** The ids that wait on this phone. Runs in the page of the app. */
const idsOn = (phone: StairPhone): Promise<string[]> =>
  phone.page.evaluate(async () => {
    const ended = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve) => (request.onsuccess = () => resolve(request.result)))
    const { name } = (await indexedDB.databases()).find((entry) => entry.name!.startsWith('qiaomen.'))!
    const database = await ended(indexedDB.open(name!))
    const rows = (await ended(database.transaction('outbox').objectStore('outbox').getAll())) as { id: string }[]
    database.close()
    return rows.map(({ id }) => id)
  })

interface Round {
  /** Which tap it is, and when the battery falls out. */
  tap: number
  afterMs: number
  since: keyof typeof WITHIN_MS
}

/** An evening that ends in the middle of a row of taps. @returns ids that were being written and not said to be saved */
async function knockUntilKilled(scene: PhoneScene, profile: string, round: Round, oracle: Oracle): Promise<number> {
  const phone = await StairPhone.open(profile, { offline: true })
  const killed = Promise.withResolvers<void>()
  const written: string[] = []
  try {
    let onMoment = (_moment: Round['since']): void => {}
    await phone.page.exposeFunction('adding', (id: string) => {
      written.push(id)
      onMoment('write')
    })
    await phone.page.exposeFunction('told', (id: string) => {
      oracle.keep(id)
      onMoment('said')
    })
    if (round.since === 'said') await phone.page.addInitScript(sayTooEarly)
    await phone.page.addInitScript(watchSaved)
    await phone.page.goto(scene.url)
    await phone.sees('离线')
    await mustHoldAll(phone, oracle)
    await phone.goKnocking()
    const pid = browserPid(profile)
    const kill = () => void killBrowser(profile, pid).then(killed.resolve, killed.reject)
    const label = (tap: number) => DOORS[tap % DOORS.length]!
    for (let tap = 1; tap < round.tap; tap++) await knockSaved(phone, label(tap), oracle)
    await phone.openDoor(label(round.tap))
    onMoment = (moment) => {
      if (moment !== round.since) return
      onMoment = () => {}
      setTimeout(kill, round.afterMs)
    }
    onMoment('finger')
    const last = knockSaved(phone, label(round.tap), oracle).catch(() => undefined)
    await killed.promise
    await last
    return written.filter((id) => !oracle.saved.has(id)).length
  } finally {
    await phone.close().catch(() => undefined)
  }
}

/** Knocks until the page says that it is saved: a tap that comes before the last one is drawn is dropped. */
async function knockSaved(phone: StairPhone, label: string, oracle: Oracle): Promise<void> {
  const before = oracle.saved.size
  for (const outcome of TRIES) {
    await phone.knock(label, outcome)
    await waitUntil(() => oracle.saved.size > before, { withinMs: 3_000 }).catch(() => undefined)
    if (oracle.saved.size > before) return
  }
  must(false, `the page does not say that ${label} is saved`)
}

/** Whatever any page said was saved lies here exactly once, and nobody is told of a loss. */
async function mustHoldAll(phone: StairPhone, oracle: Oracle): Promise<void> {
  const ids = await idsOn(phone)
  const lost = [...oracle.saved].filter((id) => !ids.includes(id))
  must(lost.length === 0, `${lost.length} lost of ${oracle.saved.size} that the page said were saved: ${lost.join()}`)
  must(new Set(ids).size === ids.length, 'something lies in the outbox twice')
  must((await phone.page.getByText('可能丢失').count()) === 0, 'a false alarm')
}

/**
 * Kills a real Chromium again and again, at a random moment of a row of taps without signal, and starts it again on the
 * same profile. The last start has signal: everything that any page said was saved is on the server, once.
 */
async function killRounds(oracle: Oracle, kills: number, seed: number, planted = false): Promise<string> {
  const scene = await phoneScene()
  const rng = seededRng(seed)
  const profile = join(makeFolder('disk'), 'killed')
  const begun = await StairPhone.open(profile)
  await begun.page.goto(`${scene.url}/enter#${await scene.link(1)}`)
  await begun.says('已同步')
  await waitUntil(() => begun.page.evaluate(() => navigator.serviceWorker.controller !== null), { what: 'the worker' })
  await begun.close()
  let underWay = 0
  for (let kill = 0; kill < kills; kill++) {
    const tap = 1 + Math.floor(rng.next() * FIRST_TAPS)
    const since = planted ? 'said' : rng.next() < 0.3 ? 'finger' : 'write'
    const afterMs = rng.next() * WITHIN_MS[since]
    const unsaid = await knockUntilKilled(scene, profile, { tap, since, afterMs }, oracle)
    if (unsaid > 0) underWay++
  }
  const last = await StairPhone.open(profile, { offline: true })
  try {
    await last.page.goto(scene.url)
    await last.sees('离线')
    await mustHoldAll(last, oracle)
    const waiting = await idsOn(last)
    const answers: Promise<void>[] = []
    last.page.on('response', (response) => {
      if (!response.url().endsWith('/api/sync') || response.status() !== 200) return
      const heard = response.json().then((body: { answers: [] }) => oracle.hear(body.answers))
      // One that comes while the phone is being closed is nobody's any more.
      heard.catch(() => {})
      answers.push(heard)
    })
    await last.context.setOffline(false)
    await last.says('已同步')
    await Promise.all(answers)
    for (const id of waiting) must(oracle.acknowledged.has(id), `${id} was never answered`)
    const rows = await rowsIn(scene.quarter.dataDir)
    const mine = new Set([...oracle.saved, ...waiting])
    const commands = rows.commands.filter(({ id }) => mine.has(id))
    must(commands.length === mine.size, `${commands.length} of ${mine.size} ids arrived`)
    mustBeWhole(oracle.findAll(rows), 'after the last start')
  } finally {
    await last.close()
  }
  return (
    `${kills} kills from seed ${seed}, ${underWay} with a tap written and not said; ` +
    `${oracle.saved.size} said to be saved, ${oracle.acknowledged.size} acknowledged: 0 lost, 0 doubled`
  )
}

/** A battery that falls out in the middle of a tap, again and again. */
export const phoneKillFaults: readonly Fault[] = [
  {
    name: 'the browser killed in the middle of a write, in rounds',
    run: (oracle, { browserKills }) => killRounds(oracle, browserKills, 31),
  },
  {
    name: 'control: said to be saved before it is written, planted, is caught by kills',
    async run() {
      try {
        await killRounds(new Oracle(), CONTROL_KILLS, 32, true)
      } catch (error) {
        must(/[1-9]\d* lost of/.test(String(error)), String(error))
        return `caught: ${(error as Error).message}`
      }
      throw new Error(`${CONTROL_KILLS} kills caught nothing`)
    },
  },
]
