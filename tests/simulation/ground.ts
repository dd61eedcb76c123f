import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** When every simulation begins, ms: in the evening in Guangzhou, after the template was made. */
export const START_MS = Date.UTC(2026, 10, 21, 12, 30, 0)

const folders: string[] = []
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })
const ram = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A folder for files that need no disk; it goes with the process. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(ram, 'qiaomen-simulation-'))
  if (folders.length === 0) process.once('exit', () => folders.forEach(removeFolder))
  folders.push(folder)
  return folder
}
