import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { simulate, type Outcome } from './simulate.ts'

export interface SeedRange {
  from: number
  seeds: number
  /** Processes that share the work; one runs here. */
  jobs: number
  /** Begin no seed after so many minutes; 0 for no bound. */
  minutes: number
  /** Stop at the first seed that fails. */
  first: boolean
  /** Run each seed twice and compare the traces. */
  twice: boolean
}

/** The figures of many seeds. `traces` is one hash over all of them, in the order of the seeds. */
export interface Total {
  seeds: number
  failed: number
  saved: number
  crashes: number
  powerCuts: number
  restores: number
  deaths: number
  folded: number
  enrolments: number
  traces: string
}

/** Seeds that a process takes at a time. */
const CHUNK = 5

/** Runs a range of seeds, each wholly determined by its number, in this process or in several. */
export async function runSeeds(range: SeedRange, report: (outcome: Outcome, done: number) => void): Promise<Total> {
  const { from, seeds, jobs, minutes, first } = range
  const endsAt = minutes > 0 ? performance.now() + minutes * 60_000 : Infinity
  const outcomes: Outcome[] = []
  let next = from
  let stopped = false
  const take = (outcome: Outcome) => {
    outcomes.push(outcome)
    if (first && outcome.violations.length > 0) stopped = true
    report(outcome, outcomes.length)
  }
  const isOver = () => stopped || next >= from + seeds || performance.now() > endsAt
  if (jobs === 1) while (!isOver()) take(await runSeed(next++, range.twice))
  else {
    const hand = () => {
      if (isOver()) return null
      const chunk = Array.from({ length: Math.min(CHUNK, from + seeds - next) }, (_, index) => next + index)
      next += chunk.length
      return chunk
    }
    await Promise.all(Array.from({ length: jobs }, () => work(hand, take, range.twice)))
  }
  return sum(outcomes)
}

/** One seed, run twice when that is asked for. */
export async function runSeed(seed: number, twice: boolean): Promise<Outcome> {
  const outcome = await simulateWithin(seed)
  const again = twice ? await simulateWithin(seed) : outcome
  if (again.trace !== outcome.trace) outcome.violations.push(`the same seed went another way: ${again.trace}`)
  return outcome
}

/** A seed takes seconds. One in which somebody waits for ever is a seed that failed, and it is named. */
const SEED_LIMIT_MS = 180_000

async function simulateWithin(seed: number): Promise<Outcome> {
  const nothing = { saved: 0, crashes: 0, powerCuts: 0, restores: 0, folded: 0, deaths: 0, enrolments: 0 }
  const violations = [`not over after ${SEED_LIMIT_MS / 1000} s: somebody waits for ever`]
  const late = new Promise<Outcome>((resolve) => {
    AbortSignal.timeout(SEED_LIMIT_MS).addEventListener('abort', () =>
      resolve({ seed, trace: 'none', violations, ...nothing }),
    )
  })
  return Promise.race([simulate(seed), late])
}

/** One more process, which asks for seeds until there are none. */
function work(hand: () => number[] | null, take: (outcome: Outcome) => void, twice: boolean): Promise<void> {
  const child = fork(join(import.meta.dirname, 'seedWorker.ts'), [], { stdio: 'inherit' })
  let left = 0
  const feed = () => {
    const chunk = hand()
    if (!chunk) return void child.disconnect()
    left = chunk.length
    child.send({ seeds: chunk, twice })
  }
  child.on('message', (outcome: Outcome) => {
    take(outcome)
    if (--left === 0) feed()
  })
  feed()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${String(code)}`))))
  })
}

function sum(outcomes: readonly Outcome[]): Total {
  const count = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const inOrder = [...outcomes].sort((left, right) => left.seed - right.seed)
  const traces = createHash('sha256').update(inOrder.map(({ seed, trace }) => `${seed} ${trace}\n`).join(''))
  return {
    seeds: outcomes.length,
    failed: count(({ violations }) => (violations.length > 0 ? 1 : 0)),
    saved: count(({ saved }) => saved),
    crashes: count(({ crashes }) => crashes),
    powerCuts: count(({ powerCuts }) => powerCuts),
    restores: count(({ restores }) => restores),
    deaths: count(({ deaths }) => deaths),
    folded: count(({ folded }) => folded),
    enrolments: count(({ enrolments }) => enrolments),
    traces: traces.digest('hex').slice(0, 16),
  }
}
