import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const project = fileURLToPath(new URL('../..', import.meta.url))

export interface Ended {
  code: number | null
  said: string
}

/** One of the product's own programs, run to its end. */
export function runProgram(script: string, words: readonly string[], env: Record<string, string>): Promise<Ended> {
  const args = ['--disable-warning=ExperimentalWarning', join(project, script), ...words]
  const child = spawn(process.execPath, args, { cwd: project, env: { ...process.env, ...env } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said: said.trim() })))
}

export const operate = (dataDir: string, ...words: string[]): Promise<Ended> =>
  runProgram('sync-server/operator/qiaomen.ts', words, { DATA_DIR: dataDir })
