/**
 * `npm run matrix`: who may do what, tried out. Every principal with every verb, route and scope, in every relation that
 * the documents make a difference of, on the real server and both databases. With `--mutate` every line of the policy is
 * taken away once, and must be missed.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from '../harness/postgres.ts'
import { runMatrix, runMutants, type DatabaseKind } from './runMatrix.ts'

const MOST_SHOWN = 40

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, mutate: { type: 'boolean' }, database: { type: 'string' } },
})
const { database } = values
if (database !== undefined && database !== 'sqlite' && database !== 'postgres') {
  process.stderr.write(`--database is sqlite or postgres, not "${database}"\n`)
  process.exit(2)
}
const kinds: DatabaseKind[] = database ? [database] : ['sqlite', 'postgres']
const say = (line: string) => void (values.json ? null : process.stdout.write(`${line}\n`))

const server = kinds.includes('postgres') ? await startPostgres() : null
if (server) process.env['TEST_POSTGRES_URL'] = server.url
const results: object[] = []
let passed = 0
let failed = 0
for (const kind of kinds) {
  const begun = performance.now()
  const seconds = () => Math.round((performance.now() - begun) / 100) / 10
  if (values.mutate) {
    const { lines, missed } = await runMutants(kind, say)
    say(`${kind}: ${lines - missed.length} of ${lines} lines caught, ${seconds()} s`)
    results.push({ database: kind, lines, missed, seconds: seconds() })
    passed += lines - missed.length
    failed += missed.length
    continue
  }
  const report = await runMatrix(kind)
  for (const failure of report.failures.slice(0, MOST_SHOWN)) say(`${kind}: ${failure}`)
  say(`${kind}: ${report.passed + report.failures.length} cells, ${seconds()} s`)
  results.push({ database: kind, passed: report.passed, failures: report.failures, seconds: seconds() })
  passed += report.passed
  failed += report.failures.length
}
await server?.stop()
if (values.json) process.stdout.write(`${JSON.stringify({ passed, failed, results })}\n`)
say(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)
