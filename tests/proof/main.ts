/**
 * `npm run proof [-- --minutes M] [--from S] [--only PART]`: proves the promises on evenings that nobody has seen before.
 * The first seed comes from the operating system and is printed, so that a run replays with --from. The last line is
 * "N passed, N failed".
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { PARTS } from './parts.ts'

const { values } = parseArgs({
  options: {
    /** How long all of it may take; without it every part runs whole. */
    minutes: { type: 'string', default: '0' },
    from: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const minutes = Number(values.minutes)
const from = values.from === undefined ? randomInt(1, 2 ** 31) : Number(values.from)
if (!Number.isSafeInteger(from) || !(minutes >= 0)) {
  process.stderr.write('--from wants a whole number, --minutes a number\n')
  process.exit(2)
}
const parts = PARTS.filter(({ name }) => name.includes(values.only))
if (parts.length === 0) {
  process.stderr.write(`there is no part "${values.only}"; there are: ${PARTS.map(({ name }) => name).join(', ')}\n`)
  process.exit(2)
}

console.log(`seeds from ${from} (replay: npm run proof -- --from ${from})`)
const startedAt = performance.now()
const total = { passed: 0, failed: 0 }
for (const [index, part] of parts.entries()) {
  const left = minutes === 0 ? 0 : minutes - (performance.now() - startedAt) / 60_000
  const shares = parts.slice(index).reduce((sum, { share }) => sum + share, 0)
  console.log(`— ${part.name} —`)
  const bound = minutes === 0 ? 0 : Math.max(0.1, (left * part.share) / shares)
  const { passed, failed } = await part.run(from, bound)
  console.log(`${part.name}: ${passed} passed, ${failed} failed`)
  total.passed += passed
  total.failed += failed
}
console.log(`${Math.round((performance.now() - startedAt) / 1000)} s, seeds from ${from}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
