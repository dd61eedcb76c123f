/**
 * `npm run faults -- [--json FILE] [--quick] [--only WORD]`: makes every fault happen to the real product and prints a
 * line of figures for each. The last line is "N passed, N failed"; a fault that this machine cannot show counts as failed.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { allFaults } from './allFaults.ts'
import { CannotShow, type Extent, type Fault, FULL, QUICK } from './Fault.ts'
import { Oracle } from './Oracle.ts'

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
    only: { type: 'string', default: '' },
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
for (const [family, faults] of Object.entries(allFaults)) {
  for (const fault of faults.filter(({ name }) => `${family} ${name}`.includes(values.only))) {
    const result = await tryOne(fault, values.quick ? QUICK : FULL)
    results.push(result)
    console.log(
      `${result.ok ? 'ok  ' : 'FAIL'} ${family}: ${result.name} (${result.seconds} s)\n     ${result.figures}`,
    )
  }
}
const failed = results.filter(({ ok }) => !ok).length
const passed = results.length - failed
const acknowledged = results.reduce((sum, result) => sum + result.acknowledged, 0)
const seconds = Math.round(results.reduce((sum, result) => sum + result.seconds, 0))
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ passed, failed, acknowledged, seconds, faults: results }, null, 2)}\n`)
}
console.log(`${seconds} s, ${acknowledged} acknowledged ids`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
