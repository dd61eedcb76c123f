import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFECTS } from './defects.ts'

const folder = import.meta.dirname
const LONG_MS = 900_000

/** Two at once, whatever else Vitest starts: each keeps a processor busy. */
const PROCESSES = 2
const waiting: (() => void)[] = []
let running = 0

async function run(parameters: readonly string[], defect?: string): ReturnType<typeof start> {
  if (running >= PROCESSES) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  try {
    return await start(parameters, defect)
  } finally {
    running--
    waiting.shift()?.()
  }
}

/** Runs seeds in a process of its own, because a defect is planted as the source is loaded. */
function start(parameters: readonly string[], defect?: string): Promise<{ code: number | null; said: string }> {
  const plant = defect === undefined ? [] : ['--import', join(folder, 'plant.ts')]
  const flags = ['--disable-warning=ExperimentalWarning', ...plant, join(folder, 'main.ts'), ...parameters]
  const env = { ...process.env, ...(defect === undefined ? {} : { SIMULATION_DEFECT: defect }) }
  const child = spawn(process.execPath, flags, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (part: Buffer) => (said += part.toString()))
  child.stderr.on('data', (part: Buffer) => (said += part.toString()))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })))
}

test.concurrent.each([1, 101])(
  '100 evenings from seed %i end well, whatever happens to them',
  async (from) => {
    const { code, said } = await run(['--seeds', '100', '--from', String(from)])
    expect(said).toContain(`100 seeds from ${from}: 0 failed`)
    expect(code).toBe(0)
  },
  LONG_MS,
)

test(
  'the same seed goes the same way twice',
  async () => {
    const { code, said } = await run(['--seeds', '6', '--from', '31', '--twice'])
    expect(said).toContain('6 seeds from 31: 0 failed')
    expect(code).toBe(0)
  },
  LONG_MS,
)

test(
  'a command that throws is held and those behind it go on',
  async () => {
    const { said } = await run(['--seeds', '4'], 'a command that throws')
    expect(said).toContain('4 seeds from 1: 0 failed')
  },
  LONG_MS,
)

/** The seeds beside each defect were recorded; where a change of the rules moves one, the next few may catch it too. */
const SEEDS_TRIED = 40

test.concurrent.each(DEFECTS.filter(({ harmless }) => !harmless))(
  'planted: $name is caught',
  async ({ name, seed }) => {
    const { code, said } = await run(['--seeds', String(SEEDS_TRIED), '--from', String(seed), '--first'], name)
    expect(said).toContain('violations')
    expect(said).toContain('replay:')
    expect(code).toBe(1)
  },
  LONG_MS,
)
