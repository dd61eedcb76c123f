import { readFileSync } from 'node:fs'
import { browserCases } from './browser.ts'
import { commandCases } from './commands.ts'
import { bomb, envelopeCases, GZIP } from './envelope.ts'
import { fileCases } from './files.ts'
import { fuzzEnvelope, fuzzHandover, fuzzLedgers, type FuzzHow } from './fuzz.ts'
import type { HostileCase } from './HostileCase.ts'
import { type DatabaseKind, HostileGround } from './HostileGround.ts'
import { floodCases, identityCases } from './identity.ts'
import { plantedEnv, PLANTED } from './planted.ts'
import { runCase, type CaseResult } from './runCase.ts'

export const DATABASES: DatabaseKind[] = ['sqlite', 'postgres']

/** Everything there is; floods last, because whoever floods is locked out for a minute. */
export const allCases: HostileCase[] = [
  ...envelopeCases,
  ...identityCases,
  ...commandCases,
  ...browserCases,
  ...fileCases,
  ...floodCases,
]

/** A result with the figures that it is published with. */
export interface Told extends CaseResult {
  figures: string
}

const MOST_BOMB_MS = 100
const MOST_MEMORY_MB = 512

/** All cases, then the generated ones, then what the server looks like after all of it. */
export async function runCorpus(
  database: DatabaseKind,
  how: FuzzHow,
  only: string,
  tell: (told: Told) => void,
): Promise<void> {
  const ground = await HostileGround.open(database)
  const wanted = (subject: string, name: string) => `${subject}: ${name}`.includes(only)
  const end = (subject: string, name: string, ok: boolean, figures: string, why = ''): void =>
    tell({ database, subject, name, ok, status: 0, code: '', why, exception: '', figures })
  try {
    if (wanted('figures', 'bomb')) {
      const took = await timeBomb(ground)
      const middle = took[2]!
      const figures = `${bomb.length} bytes of gzip that inflate to 200 MB: 413 in ${middle.toFixed(1)} ms (median of ${took.map((ms) => ms.toFixed(1)).join(', ')})`
      end('figures', 'bomb', middle < MOST_BOMB_MS, figures)
    }
    for (const one of allCases.filter(({ subject }) => subject !== 'flood')) {
      if (wanted(one.subject, one.name)) tell({ ...(await runCase(ground, one)), figures: '' })
    }
    for (const generate of [fuzzEnvelope, fuzzLedgers, fuzzHandover]) {
      if (!wanted('fuzz', generate.name)) continue
      const { name, runs, answers, failure } = await generate(ground, how)
      const counted = Object.entries(answers).sort(([, a], [, b]) => b - a)
      const figures = `${runs} runs, seed ${how.seed}: ${counted.map(([said, count]) => `${said} ${count}`).join(', ')}`
      end('fuzz', `${generate.name}: ${name}`, failure === null, figures, failure ?? '')
    }
    for (const one of floodCases) {
      if (wanted(one.subject, one.name)) tell({ ...(await runCase(ground, one)), figures: '' })
    }
    const { status } = await ground.ask({ method: 'GET', path: '/readyz' })
    const peak = peakMemoryMb(ground.server.pid)
    end('figures', 'ready afterwards', status === 200, `/readyz ${status}`)
    if (peak !== null) end('figures', 'memory', peak <= MOST_MEMORY_MB, `the server held ${peak} MB at most`)
  } finally {
    await ground.close()
  }
}

/** Milliseconds of five answers, in order. @throws when one of them is not 413 */
async function timeBomb(ground: HostileGround): Promise<number[]> {
  const took: number[] = []
  for (let times = 0; times < 5; times++) {
    const began = performance.now()
    const { status } = await ground.ask({ body: bomb, cookie: ground.member.cookie, headers: GZIP })
    took.push(performance.now() - began)
    if (status !== 413) throw new Error(`the bomb was answered with ${status}`)
  }
  return took.sort((a, b) => a - b)
}

/** What a process held at most, where the system tells it. */
function peakMemoryMb(pid: number): number | null {
  if (process.platform !== 'linux') return null
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return peak === undefined ? null : Math.round(Number(peak) / 1024)
}

/** Plants each fault in a server of its own, and sees the case fail that is there for it. */
export async function runPlanted(tell: (told: Told) => void): Promise<void> {
  for (const { name, caughtBy } of PLANTED) {
    const ground = await HostileGround.open('sqlite', plantedEnv(name))
    try {
      const one = allCases.find((each) => each.name === caughtBy)
      if (!one) throw new Error(`there is no case "${caughtBy}"`)
      const result = await runCase(ground, one)
      const why = result.ok ? `"${caughtBy}" does not see it` : ''
      tell({ ...result, subject: 'planted', name, ok: !result.ok, why, figures: `${caughtBy}: ${result.why}` })
    } finally {
      await ground.close()
    }
  }
}
