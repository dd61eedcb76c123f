/**
 * The one door to every `npm run` verb. Plain JavaScript for Node 20 without a single package, because it runs before
 * anything is installed: it installs what the lock file asks for, builds when a verb needs the app, and then hands over
 * to Node 24. It writes to stderr only, so that `npm run --silent … --json` stays clean on stdout.
 */
import { ensureBuilt } from './launcher/ensureBuilt.js'
import { ensureInstalled } from './launcher/ensureInstalled.js'
import { handOver } from './launcher/handOver.js'
import { say } from './launcher/say.js'

/** @type {Record<string, { script: string, build?: boolean, args?: string[] }>} */
const verbs = {
  start: { script: 'sync-server/main.ts', build: true },
  dev: { script: 'scripts/dev.js' },
  test: { script: 'scripts/test.js', build: true },
  check: { script: 'scripts/check.js' },
  demo: { script: 'sync-server/operator/demo.ts', build: true },
  simulate: { script: 'tests/simulation/main.ts' },
  proof: { script: 'tests/proof/main.ts' },
  'bench:tap': { script: 'tests/bench/tapSpeed.ts', build: true },
  'bench:drain': { script: 'tests/bench/drain.ts', build: true },
  drill: { script: 'tests/bench/recoveryDrill.ts' },
  faults: { script: 'tests/faults/main.ts', build: true },
  matrix: { script: 'tests/matrix/main.ts' },
  hostile: { script: 'tests/hostile/main.ts', build: true },
  qiaomen: { script: 'sync-server/operator/qiaomen.ts' },
  build: { script: 'scripts/build.js', build: true },
  format: { script: 'node_modules/prettier/bin/prettier.cjs', args: ['--write', '.'] },
}

const [name = '', ...rest] = process.argv.slice(2)
const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
if (verb === undefined) {
  say(`unknown verb "${name}"; there are: ${Object.keys(verbs).join(', ')}`)
  process.exit(2)
}

try {
  await ensureInstalled()
  if (verb.build) await ensureBuilt()
  await handOver(verb.script, [...(verb.args ?? []), ...rest])
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
