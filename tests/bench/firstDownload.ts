/**
 * `node tests/bench/firstDownload.ts`: a new phone takes a community of 624 doors and 5,088 visits in, in a real Chromium
 * with its CPU slowed down four times, from the tap on the invitation to 已同步. The app must be built (`npm run build`).
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBrowser } from '../../scripts/ensureBrowser.js'
import { launchPhone } from '../harness/launchPhone.ts'
import { startServer } from '../harness/startServer.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { seedCommunity } from './seedCommunity.ts'
import { installTapProbe, type PageTimes } from './tapProbe.ts'
import { traced } from './traced.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    slowdown: { type: 'string', default: '4' },
    profile: { type: 'boolean', default: false },
  },
})

async function download(profile: string, url: string, link: string) {
  const context = await launchPhone(profile)
  const page = context.pages()[0] ?? (await context.newPage())
  await context.addInitScript(installTapProbe)
  const protocol = await context.newCDPSession(page)
  await protocol.send('Emulation.setCPUThrottlingRate', { rate: Number(values.slowdown) })
  const state = () => page.evaluate(() => document.querySelector('[role=status]')?.textContent?.trim())
  const begun = performance.now()
  const work = async () => {
    await page.goto(`${url}/enter#${link}`)
    await waitUntil(async () => (await state()) === '已同步', { withinMs: 120_000, what: 'the first download' })
    return Math.round(performance.now() - begun)
  }
  const tookMs = await (values.profile ? traced(protocol, 'firstDownload', work) : work())
  const tasks = await page.evaluate(() => (window as unknown as { tapTimes: PageTimes }).tapTimes.longTasks)
  await context.close()
  const over = (ms: number) => tasks.filter((task) => task > ms).length
  return { tookMs, over50: over(50), over100: over(100), longest: Math.round(Math.max(0, ...tasks)) }
}

await ensureBrowser()
const folder = mkdtempSync(path.join(tmpdir(), 'first-download-'))
try {
  const plan = { houses: 13, towers: 2, earlierRounds: 8, housesDone: 3 }
  const { doors, visits, memberLink } = await seedCommunity(path.join(folder, 'seeded'), plan)
  console.log(JSON.stringify({ cores: cpus().length, load: loadavg()[0], slowdown: values.slowdown, doors, visits }))
  for (let run = 0; run < Number(values.runs); run++) {
    // A link lets somebody in once, so each run has a server of its own.
    const data = path.join(folder, `server-${run}`)
    cpSync(path.join(folder, 'seeded'), data, { recursive: true })
    const server = await startServer(data)
    console.log(JSON.stringify(await download(path.join(folder, `phone-${run}`), server.url, memberLink)))
    await server.stop()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
