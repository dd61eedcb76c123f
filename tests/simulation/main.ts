/**
 * `npm run simulate -- --seeds N [--from S]`: runs N seeds and prints every violation with the seed that replays it.
 * Ends with status 1 when there was one.
 */
import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    twice: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    /** Stop at the first seed that fails. */
    first: { type: 'boolean', default: false },
  },
})
const from = Number(values.from)
const seeds = Number(values.seeds)
if (!Number.isSafeInteger(from) || !Number.isSafeInteger(seeds) || seeds < 1) {
  process.stderr.write('--seeds and --from want whole numbers\n')
  process.exit(2)
}

const startedAt = performance.now()
const total = { saved: 0, crashes: 0, powerCuts: 0, restores: 0, failed: 0 }
for (let seed = from; seed < from + seeds; seed++) {
  const outcome = await simulate(seed)
  const again = values.twice ? await simulate(seed) : outcome
  if (again.trace !== outcome.trace) outcome.violations.push(`the same seed went another way: ${again.trace}`)
  total.saved += outcome.saved
  total.crashes += outcome.crashes
  total.powerCuts += outcome.powerCuts
  total.restores += outcome.restores
  if (outcome.violations.length === 0) continue
  total.failed++
  console.log(`seed ${seed} (trace ${outcome.trace}): ${outcome.violations.length} violations`)
  for (const violation of outcome.violations.slice(0, values.quiet ? 1 : 8)) console.log(`  ${violation}`)
  console.log(`  replay: npm run simulate -- --seeds 1 --from ${seed}`)
  if (values.first) break
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(
  `${seeds} seeds from ${from}: ${total.failed} failed; ${total.saved} saved, ${total.crashes} crashes, ` +
    `${total.powerCuts} power cuts, ${total.restores} restores, ${seconds} s`,
)
process.exitCode = total.failed === 0 ? 0 : 1
