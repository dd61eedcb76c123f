import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Dexie from 'dexie'

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

/**
 * IndexedDB copies whatever goes in or out. Rows here are plain values, which a few lines copy in a fraction of the time
 * that the general way takes; everything else goes that way still.
 */
export function copyPlainValuesFast(): void {
  const general = globalThis.structuredClone
  const copy = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return typeof value === 'function' ? general(value) : value
    if (Array.isArray(value)) return value.map(copy)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return general(value)
    const copied: Record<string, unknown> = {}
    for (const key of Object.keys(value)) copied[key] = copy((value as Record<string, unknown>)[key])
    return copied
  }
  globalThis.structuredClone = ((value: unknown, options?: StructuredSerializeOptions) =>
    options ? general(value, options) : copy(value)) as typeof structuredClone
}

/**
 * Pages tell each other what they have written, but such words come late or, in a frozen tab, never. Here they never come:
 * whatever a page remembers has to be right without them.
 */
export function deafenPages(): void {
  ;(Dexie.on.storagemutated as unknown as { fire: () => void }).fire = () => {}
}
