import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitUntil } from '../harness/waitUntil.ts'

/**
 * The launcher in a project of its own, with an `npm` that only writes down that it was called, and with one verb whose
 * script tells what it was given.
 */
let project = ''
const inside = (...parts: string[]) => path.join(project, ...parts)

const probe = `
if (process.argv[2] === 'exit') process.exit(Number(process.argv[3]))
if (process.argv[2] === 'wait') {
  process.on('SIGTERM', () => { console.log('stopped'); process.exit(5) })
  setInterval(() => {}, 1000)
  console.log('waiting')
} else console.log(JSON.stringify(process.argv.slice(2)))
`

const fakeNpm = `#!/bin/sh
echo "$PATH" >> npm-calls
echo "npm says something"
sleep 0.3
mkdir -p node_modules
cp package-lock.json node_modules/.package-lock.json
`

beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'launcher-'))
  cpSync(path.resolve(import.meta.dirname, '../../scripts'), inside('scripts'), { recursive: true })
  writeFileSync(inside('scripts', 'check.js'), probe)
  writeFileSync(inside('package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(inside('package-lock.json'), JSON.stringify({ packages: { '': {} } }))
  mkdirSync(inside('bin'))
  writeFileSync(inside('bin', 'npm'), fakeNpm)
  chmodSync(inside('bin', 'npm'), 0o755)
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

function launch(...args: string[]): { child: ChildProcess; stdout: () => string; ended: Promise<Ended> } {
  const PATH = [inside('node_modules', '.bin'), inside('bin'), process.env.PATH].join(':')
  const child = spawn(process.execPath, [inside('scripts', 'run.js'), 'check', ...args], {
    cwd: tmpdir(),
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (part) => (stdout += String(part)))
  child.stderr.on('data', (part) => (stderr += String(part)))
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { child, stdout: () => stdout, ended }
}

const npmCalls = () =>
  existsSync(inside('npm-calls')) ? readFileSync(inside('npm-calls'), 'utf8').trim().split('\n') : []

describe('the launcher', () => {
  test('installs once, keeps stdout for the verb, and passes the arguments on', async () => {
    const first = await launch('--json', 'a b').ended
    expect(first).toMatchObject({ code: 0, stdout: '["--json","a b"]\n' })
    expect(first.stderr).toContain('npm says something')
    const second = await launch('again').ended
    expect(second).toMatchObject({ code: 0, stdout: '["again"]\n', stderr: '' })
    expect(npmCalls()).toHaveLength(1)
  })

  test('npm runs without the programs that it is about to delete', async () => {
    await launch().ended
    expect(npmCalls()[0]).not.toContain(inside('node_modules'))
  })

  test('a changed lock file is installed, a lock that only differs in form is not', async () => {
    await launch().ended
    writeFileSync(inside('package-lock.json'), JSON.stringify({ packages: { '': {} } }, null, 2))
    await launch().ended
    expect(npmCalls()).toHaveLength(1)
    const lock = { packages: { '': {}, 'node_modules/vue': { version: '3.5.45', integrity: 'sha512-x' } } }
    writeFileSync(inside('package-lock.json'), JSON.stringify(lock))
    await launch().ended
    expect(npmCalls()).toHaveLength(2)
  })

  test('four launches at once install once', async () => {
    const ended = await Promise.all([1, 2, 3, 4].map((n) => launch(String(n)).ended))
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect(npmCalls()).toHaveLength(1)
  })

  test('a lock left by a killed launcher is taken over', async () => {
    mkdirSync(inside('.cache'))
    writeFileSync(inside('.cache', 'install.lock'), String(2 ** 22 + 1))
    expect(await launch().ended).toMatchObject({ code: 0 })
  })

  test('an installation that failed is tried again next time', async () => {
    const works = readFileSync(inside('bin', 'npm'), 'utf8')
    writeFileSync(inside('bin', 'npm'), '#!/bin/sh\nmkdir -p node_modules\nexit 1\n')
    expect(await launch().ended).toMatchObject({ code: 1, stdout: '' })
    writeFileSync(inside('bin', 'npm'), works)
    expect(await launch().ended).toMatchObject({ code: 0 })
  })

  test('the verb’s exit code is the launcher’s', async () => {
    expect(await launch('exit', '7').ended).toMatchObject({ code: 7 })
  })

  test('a signal reaches the verb, which ends in its own way', async () => {
    const running = launch('wait')
    await waitUntil(() => running.stdout().includes('waiting'), { what: 'the verb to run' })
    running.child.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 5, stdout: 'waiting\nstopped\n' })
  })

  test('a verb does not outlive an npm that was killed', async () => {
    const flags = ['-c', `"${process.execPath}" "${inside('scripts', 'run.js')}" check wait & wait`]
    await launch('installs').ended
    const npm = spawn('sh', flags, {
      cwd: project,
      env: { ...process.env, npm_lifecycle_event: 'check' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stdout = ''
    npm.stdout.on('data', (part) => (stdout += String(part)))
    await waitUntil(() => stdout.includes('waiting'), { what: 'the verb to run' })
    npm.kill('SIGKILL')
    await waitUntil(() => stdout.includes('stopped'), { what: 'the verb to be stopped' })
  })

  test('every npm script takes the shell’s place, so that a signal to npm reaches the launcher', () => {
    const { scripts } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const [verb, command] of Object.entries(scripts)) expect(command).toBe(`exec node scripts/run.js ${verb}`)
  })

  test('an unknown verb is told, with the known ones', async () => {
    const child = spawn(process.execPath, [inside('scripts', 'run.js'), 'fly'], { stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (part) => (stderr += String(part)))
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(code).toBe(2)
    expect(stderr).toContain('start')
  })
})
