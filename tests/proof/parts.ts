import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt } from '../../scripts/launcher/ensureBuilt.js'
import { allFaults } from '../faults/allFaults.ts'
import { DEFECTS } from '../simulation/defects.ts'
import { runMain } from '../simulation/runMain.ts'
import { scoreboard } from '../simulation/scoreboard.ts'

export interface Counted {
  passed: number
  failed: number
}

export interface Part {
  name: string
  /** Of the minutes that there are, against the other parts. */
  share: number
  /**
   * @param from the first seed
   * @param minutes how long it may take; 0 for as long as it needs
   */
  run(from: number, minutes: number): Promise<Counted>
}

/** Evenings that are played when nobody says how long it may take. */
const EVENINGS = 300
const REPLAYED = 20

/** Whatever proves a promise on unseen ground stands in this table. */
export const PARTS: readonly Part[] = [
  { name: 'defects', share: 2, run: catchDefects },
  { name: 'simulation', share: 3, run: playEvenings },
  { name: 'faults', share: 3, run: meetFaults },
  { name: 'thirty days', share: 1, run: comeBack },
]

/** Every planted defect must be caught by unseen seeds within its budget. */
async function catchDefects(from: number, minutes: number): Promise<Counted> {
  const counted = { passed: 0, failed: 0 }
  const endsAt = minutes === 0 ? Infinity : performance.now() + minutes * 60_000
  const planted = DEFECTS.filter(({ harmless }) => !harmless)
  const lines = new Map<string, string>()
  for (const { name, budget } of planted) {
    const left = endsAt === Infinity ? 0 : Math.max(0.05, (endsAt - performance.now()) / 60_000)
    const parameters = ['--seeds', String(budget), '--from', String(from), '--first', '--quiet']
    const { code, said } = await runMain([...parameters, '--minutes', String(left)], name)
    const caught = /^seed (\d+) /m.exec(said)?.[1]
    const run = /^(\d+) seeds from /m.exec(said)?.[1] ?? '0'
    const ok = code === 1 && caught !== undefined
    counted[ok ? 'passed' : 'failed']++
    const line = ok
      ? `caught by seed ${caught}, ${Number(caught) - from + 1} of at most ${budget}`
      : `NOT CAUGHT in ${run} of at most ${budget} seeds${code === 0 ? '' : `\n${said}`}`
    lines.set(name, line)
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}: ${line}`)
  }
  const { book, beyond } = scoreboard()
  const homes = book.filter(({ home }) => home !== null).length
  console.log(`of ${book.length} faults of the book ${homes} have a home; ${beyond.length} are planted beyond it:`)
  for (const { fault, planted: names, home } of book) {
    const told = names.flatMap((name) => lines.get(name) ?? []).join('; ')
    console.log(`     ${fault}: ${home === 'simulation' ? told : (home ?? 'NO HOME')}`)
  }
  if (homes < book.length) counted.failed++
  return counted
}

/** Evenings that nobody has seen, and a few of them again in another process: the same seed goes the same way. */
async function playEvenings(from: number, minutes: number): Promise<Counted> {
  const bound = ['--minutes', String(minutes)]
  const { said } = await runMain([
    '--seeds',
    String(minutes === 0 ? EVENINGS : 1_000_000),
    '--from',
    String(from),
    ...bound,
  ])
  console.log(said.trim())
  const figures = /^(\d+) seeds from \d+: (\d+) failed/m.exec(said)
  if (!figures) return { passed: 0, failed: 1 }
  const failed = Number(figures[2])
  const passed = Number(figures[1]) - failed
  const again = ['--seeds', String(REPLAYED), '--from', String(from)]
  const [one, other] = await Promise.all([runMain(again), runMain(again)])
  const same = tracesOf(one.said) !== '' && tracesOf(one.said) === tracesOf(other.said)
  console.log(
    `${same ? 'ok  ' : 'FAIL'} ${REPLAYED} seeds in two processes: traces ${tracesOf(one.said)} ${tracesOf(other.said)}`,
  )
  return same ? { passed: passed + 1, failed } : { passed, failed: failed + 1 }
}

const tracesOf = (said: string): string => /^traces (\S+)/m.exec(said)?.[1] ?? ''

/** The faults of server, network and phone, which are no game: processes are killed and disks are cut. */
async function meetFaults(_from: number, minutes: number): Promise<Counted> {
  await ensureBuilt()
  if (minutes === 0) return runFaults([])
  const endsAt = performance.now() + minutes * 60_000
  const counted = { passed: 0, failed: 0 }
  for (const family of Object.keys(allFaults)) {
    if (performance.now() > endsAt) {
      console.log(`left out for want of time: ${family}`)
      continue
    }
    const { passed, failed } = await runFaults(['--quick', '--only', `${family} `])
    counted.passed += passed
    counted.failed += failed
  }
  return counted
}

/** Thirty days without signal and 3,000 commands: as many as the bounds of `bench:drain` say, with taps all the while. */
async function comeBack(_from: number, minutes: number): Promise<Counted> {
  // It takes three minutes and cannot be asked to take less.
  if (minutes > 0 && minutes < 3) {
    console.log('left out for want of time')
    return { passed: 0, failed: 0 }
  }
  await ensureBuilt()
  const script = join(import.meta.dirname, '..', 'bench', 'drain.ts')
  const { code } = await run(['--disable-warning=ExperimentalWarning', script])
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

async function runFaults(parameters: readonly string[]): Promise<Counted> {
  const script = join(import.meta.dirname, '..', 'faults', 'main.ts')
  const { said } = await run(['--disable-warning=ExperimentalWarning', script, ...parameters])
  const figures = /(\d+) passed, (\d+) failed\s*$/.exec(said)
  return figures ? { passed: Number(figures[1]), failed: Number(figures[2]) } : { passed: 0, failed: 1 }
}

interface Ended {
  code: number | null
  said: string
}

/** A program of the repository in a process of its own, heard while it runs. */
async function run(words: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (part: Buffer) => {
    said += part.toString()
    process.stdout.write(part)
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, said }
}
