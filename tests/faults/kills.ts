import type { Seam } from '../../src/db/seam.ts'
import type { ServerProcess } from '../harness/startServer.ts'
import { seededRng } from '../harness/world.ts'
import { type Fault, must } from './Fault.ts'
import { FaultPhone } from './FaultPhone.ts'
import { mustBeWhole, type Oracle } from './Oracle.ts'
import { freshQuarter } from './quarter.ts'
import { rowsIn } from './Rows.ts'
import { startMaybePlanted } from './startPlanted.ts'

/** A server is killed after one of the first requests of its life, at a moment within or just behind it. */
const FIRST_REQUESTS = 12
const WITHIN_MS = 16
/** A control is caught within so many, or the kills prove nothing. */
const CONTROL_KILLS = 40
/** Nobody pushed: the fault would prove nothing. */
const GIVE_UP_MS = 20_000
/** Small batches, so that there are many moments between two commits. */
const BATCH = 6

interface Figures {
  kills: number
  underWay: number
  requests: number
}

/** Goes on saving and pushing until the server is gone. */
async function pushUntilGone(phone: FaultPhone, alive: () => boolean): Promise<void> {
  while (alive()) {
    await phone.knock(3)
    phone.pace.batch = BATCH
    if ((await phone.sync()) !== null) return
  }
}

/**
 * Kills a real server again and again, each time at a random moment of pushes that are under way, and starts it again on
 * what it left. After each start everything that was acknowledged must be there; at the end everything that was saved.
 */
export async function killRounds(oracle: Oracle, kills: number, seed: number, control: string | null = null) {
  const quarter = await freshQuarter()
  const rng = seededRng(seed)
  const phones = await Promise.all(quarter.members.map((member) => FaultPhone.open(member, quarter, oracle)))
  const figures: Figures = { kills: 0, underWay: 0, requests: 0 }
  const start = () => startMaybePlanted(quarter.dataDir, control)
  let server = await start()
  for (; figures.kills < kills; figures.kills++) {
    for (const phone of phones) phone.url = server.url
    await killMidway(server, phones, rng, figures)
    server = await start()
    mustBeWhole(oracle.find(await rowsIn(quarter.dataDir)), `after kill ${figures.kills + 1}`)
  }
  for (const phone of phones) {
    phone.url = server.url
    await phone.drain()
    figures.requests += phone.requests
    phone.close()
  }
  mustBeWhole(oracle.findAll(await rowsIn(quarter.dataDir)), 'at the end')
  await server.stop()
  return figures
}

async function killMidway(server: ServerProcess, phones: FaultPhone[], rng: Seam['rng'], figures: Figures) {
  const killed = Promise.withResolvers<void>()
  let alive = true
  const kill = () => {
    if (!alive) return
    alive = false
    if (phones.some((phone) => phone.inFlight > 0)) figures.underWay++
    void server.stop('SIGKILL').then(killed.resolve)
  }
  const limit = setTimeout(() => killed.reject(new Error('the phones pushed nothing')), GIVE_UP_MS)
  let left = 1 + Math.floor(rng.next() * FIRST_REQUESTS)
  const afterMs = rng.next() * WITHIN_MS
  for (const phone of phones) phone.onRequest = () => --left === 0 && setTimeout(kill, afterMs)
  await Promise.all([killed.promise, ...phones.map((phone) => pushUntilGone(phone, () => alive))])
  clearTimeout(limit)
}

const say = ({ kills, underWay, requests }: Figures, { again, lookedFor, acknowledged, saved }: Oracle) =>
  `${kills} kills, ${underWay} with a push under way; ${saved.size} saved, ${acknowledged.size} acknowledged in ` +
  `${requests} requests, ${again} answers lost and given again, ${lookedFor} looked for: 0 lost, 0 doubled`

export const killFaults: readonly Fault[] = [
  {
    name: 'kill -9 in the middle of a batch',
    async run(oracle, { kills }) {
      const figures = await killRounds(oracle, kills, 1)
      must(figures.underWay > kills / 2, `only ${figures.underWay} of ${kills} kills met a push under way`)
      return say(figures, oracle)
    },
  },
  {
    name: 'control: answered before the commit, planted, is caught by kills',
    async run(oracle) {
      try {
        await killRounds(oracle, CONTROL_KILLS, 2, 'answered before the commit')
      } catch (error) {
        must(/[1-9]\d* lost/.test(String(error)), String(error))
        return `caught: ${(error as Error).message}`
      }
      throw new Error(`${CONTROL_KILLS} kills caught nothing`)
    },
  },
]
