/**
 * `npm run faults -- [--json FILE] [--quick] [--only WORD]`: makes every fault happen to the real product and prints a
 * line of figures for each. The last line is "N passed, N failed"; a fault that this machine cannot show counts as failed.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ensureBrowser } from '../../scripts/ensureBrowser.js'
import { allFaults } from './allFaults.ts'
import { CannotShow, type Extent, type Fault, FULL, QUICK } from './Fault.ts'
import { Oracle } from './Oracle.ts'
import { closePhoneScene } from './phoneScene.ts'

interface Result {
  name: string
  ok: boolean
  seconds: number
  figures: string
  acknowledged: number
}

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [''] },
  },
})

async function tryOne(fault: Fault, extent: Extent): Promise<Result> {
  const oracle = new Oracle()
  const startedAt = performance.now()
  const end = (ok: boolean, figures: string): Result => {
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10
    return { name: fault.name, ok, seconds, figures, acknowledged: oracle.acknowledged.size }
  }
  try {
    return end(true, await fault.run(oracle, extent))
  } catch (error) {
    if (error instanceof CannotShow) return end(false, `cannot be shown here: ${error.message}`)
    return end(false, error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
}

const results: Result[] = []
const startedAt = performance.now()
// A fault that failed may leave something running; it is told, and the others go on.
process.on('unhandledRejection', (error) => {
  console.log(`FAIL something that nobody waited for: ${String(error)}`)
  results.push({ name: 'nothing is left running', ok: false, seconds: 0, figures: String(error), acknowledged: 0 })
})
const extent = values.quick ? QUICK : FULL
const chosen = Object.entries(allFaults).flatMap(([family, faults]) => faults.map((fault) => ({ family, fault })))
const matching = chosen.filter(({ family, fault }) =>
  values.only.some((word) => `${family} ${fault.name}`.includes(word)),
)

async function tell({ family, fault }: (typeof chosen)[number]): Promise<void> {
  const result = await tryOne(fault, extent)
  results.push(result)
  console.log(`${result.ok ? 'ok  ' : 'FAIL'} ${family}: ${result.name} (${result.seconds} s)\n     ${result.figures}`)
}

if (matching.some(({ family }) => family === 'phone')) await ensureBrowser()
const alongside = matching.filter(({ fault }) => fault.alongside).map(tell)
for (const one of matching.filter(({ fault }) => !fault.alongside)) await tell(one)
await Promise.all(alongside)
await closePhoneScene()
const failed = results.filter(({ ok }) => !ok).length
const passed = results.length - failed
const acknowledged = results.reduce((sum, result) => sum + result.acknowledged, 0)
const seconds = Math.round((performance.now() - startedAt) / 1000)
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ passed, failed, acknowledged, seconds, faults: results }, null, 2)}\n`)
}
console.log(`${seconds} s, ${acknowledged} acknowledged ids`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
