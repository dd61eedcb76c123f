import { DAY_MS } from '../../src/protocol/limits.ts'
import { SteadyClock } from '../../sync-server/SteadyClock.ts'
import { createContext, startServer } from '../../sync-server/start.ts'
import { type Fault, must } from './Fault.ts'
import { FaultPhone } from './FaultPhone.ts'
import { mustBeWhole, type Oracle } from './Oracle.ts'
import { freshQuarter, settingsOf } from './quarter.ts'
import { rowsIn } from './Rows.ts'
import { inScene } from './Scene.ts'

/** The server stands still with requests in it, as on a host that swaps or moves; phones give up and come again. */
async function frozen(oracle: Oracle, frozenS: number): Promise<string> {
  return inScene(oracle, async (scene) => {
    let froze = 0
    for (let time = 0; time < 2; time++) {
      for (const phone of scene.phones) await phone.knock(8)
      const caught = Promise.withResolvers<void>()
      scene.phones[0]!.onRequest = () => {
        process.kill(scene.server.pid, 'SIGSTOP')
        caught.resolve()
      }
      const pushes = scene.phones.map((phone) => phone.sync())
      await caught.promise
      scene.phones[0]!.onRequest = () => {}
      const thawed = Promise.withResolvers<void>()
      // The second time it stands still for a moment only, and nobody gives up.
      setTimeout(
        () => (process.kill(scene.server.pid, 'SIGCONT'), thawed.resolve()),
        time === 0 ? frozenS * 1_000 : 500,
      )
      await thawed.promise
      const troubles = await Promise.all(pushes)
      froze += troubles.filter((trouble) => trouble !== null).length
      for (const trouble of troubles) must(!trouble || trouble.kind !== 'problem', `told ${String(trouble)}`)
      for (const phone of scene.phones) await phone.drain()
    }
    return `stopped ${frozenS} s, ${froze} of 8 pushes gave up waiting; ${await scene.settle()}`
  })
}

/** The server's clock is a day fast, then a day slow, then right; the phones' clocks are right all the time. */
async function wrongClock(oracle: Oracle): Promise<string> {
  const quarter = await freshQuarter()
  const settings = settingsOf({ dataDir: quarter.dataDir })
  const context = await createContext(settings)
  let offMs = 0
  context.clock = new SteadyClock(() => Date.now() + offMs)
  const server = await startServer(settings, context, '')
  const phones = await Promise.all(quarter.members.map((one) => FaultPhone.open(one, quarter, oracle, server.url)))
  const results: Record<string, string> = {}
  try {
    for (const [name, off] of Object.entries({ right: 0, fast: DAY_MS, slow: -DAY_MS, 'right again': 0 })) {
      offMs = off
      const before = new Set(oracle.acknowledged.keys())
      for (const phone of phones) {
        await phone.knock(3)
        await phone.drain()
      }
      const now = [...oracle.acknowledged].filter(([id]) => !before.has(id)).map(([, answer]) => answer.result)
      must(!now.includes('refused'), `a true visit is refused for a wrong clock (${name})`)
      const held = now.filter((result) => result === 'held').length
      results[name] = `${now.length - held} applied${held > 0 ? `, ${held} held` : ''}`
    }
    mustBeWhole(oracle.findAll(await rowsIn(quarter.dataDir)), 'at the end')
  } finally {
    for (const phone of phones) phone.close()
    await server.close()
  }
  const said = Object.entries(results).map(([name, result]) => `${name}: ${result}`)
  return `${said.join('; ')}; ${oracle.saved.size} saved, 0 refused, 0 lost, 0 doubled`
}

export const processFaults: readonly Fault[] = [
  {
    name: 'a server that stands still (SIGSTOP)',
    alongside: true,
    run: (oracle, { frozenS }) => frozen(oracle, frozenS),
  },
  { name: 'the server’s clock a day off, both ways', run: wrongClock },
]
