/**
 * `npm run simulate -- --seeds N [--from S] [--jobs J] [--minutes M]`: runs N seeds and prints every violation with the
 * seed that replays it. The last lines are the figures and one hash over all traces: the same seeds give the same hash,
 * in this process or another one. Ends with status 1 when a rule was broken or a seed went another way.
 */
import { parseArgs } from 'node:util'
import { runSeeds } from './runSeeds.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    /** How many processes share the seeds. */
    jobs: { type: 'string', default: '1' },
    /** Begin no seed after so many minutes; the last line says how many were run. */
    minutes: { type: 'string', default: '0' },
    /** Run every seed a second time and compare. */
    twice: { type: 'boolean', default: false },
    /** One line a violated seed. */
    quiet: { type: 'boolean', default: false },
    /** Stop at the first seed that fails. */
    first: { type: 'boolean', default: false },
    /** Say now and then how far it has come. */
    progress: { type: 'boolean', default: false },
  },
})
const [seeds, from, jobs, minutes] = [values.seeds, values.from, values.jobs, values.minutes].map(Number) as [
  number,
  number,
  number,
  number,
]
if (![seeds, from, jobs].every(Number.isSafeInteger) || seeds < 1 || jobs < 1 || !(minutes >= 0)) {
  process.stderr.write('--seeds, --from and --jobs want whole numbers, --minutes a number\n')
  process.exit(2)
}

const startedAt = performance.now()
const { first, twice, quiet, progress } = values
const total = await runSeeds({ from, seeds, jobs, minutes, first, twice }, (outcome, done) => {
  if (progress && done % 100 === 0) process.stderr.write(`${done} of ${seeds}\n`)
  if (outcome.violations.length === 0) return
  console.log(`seed ${outcome.seed} (trace ${outcome.trace}): ${outcome.violations.length} violations`)
  for (const violation of outcome.violations.slice(0, quiet ? 1 : 8)) console.log(`  ${violation}`)
  console.log(`  replay: npm run simulate -- --seeds 1 --from ${outcome.seed}`)
})
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(`traces ${total.traces}`)
console.log(
  `${total.seeds} seeds from ${from}: ${total.failed} failed; ${total.saved} saved, ${total.crashes} crashes, ` +
    `${total.powerCuts} power cuts, ${total.deaths} deaths of the server, ${total.restores} restores, ${total.folded} visits folded, ` +
    `${total.enrolments} enrolments again, ${seconds} s`,
)
process.exitCode = total.failed === 0 ? 0 : 1
