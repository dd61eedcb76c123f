import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** Runs seeds in a process of its own, because a defect is planted as the source is loaded. */
export function runMain(
  parameters: readonly string[],
  defect?: string,
): Promise<{ code: number | null; said: string }> {
  const folder = import.meta.dirname
  const plant = defect === undefined ? [] : ['--import', join(folder, 'plant.ts')]
  const flags = ['--disable-warning=ExperimentalWarning', ...plant, join(folder, 'main.ts'), ...parameters]
  const env = { ...process.env, ...(defect === undefined ? {} : { SIMULATION_DEFECT: defect }) }
  const child = spawn(process.execPath, flags, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (part: Buffer) => (said += part.toString()))
  child.stderr.on('data', (part: Buffer) => (said += part.toString()))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })))
}
