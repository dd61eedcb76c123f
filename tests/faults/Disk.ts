import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Seam } from '../../src/db/seam.ts'

/** What a process asked of a file, in the order in which it asked. */
export type DiskEvent =
  | { kind: 'write'; file: string; at: number; bytes: Buffer }
  | { kind: 'truncate'; file: string; length: number }
  | { kind: 'sync'; file: string }

type Change = Exclude<DiskEvent, { kind: 'sync' }>

/** How much of what was written since the last fsync reached the platter. */
export type Cut = 'nothing' | 'torn' | 'sectors'

const SECTOR = 512
/** SQLite rebuilds the index of its log; the lock file holds nothing. */
const FORGOTTEN = /-shm$|[.]lock(-journal)?$/

interface KeptFile {
  durable: Buffer
  pending: Change[]
}

/**
 * The files of one folder as a disk keeps them: what was written before a file's last fsync is there for ever; of what was
 * written since, a power cut leaves nothing, a torn beginning, or any of its sectors in any order.
 */
export class Disk {
  readonly #files = new Map<string, KeptFile>()

  /** Takes a folder as it lies there now for durable. Nobody may be writing to it. */
  static of(folder: string, names: readonly string[]): Disk {
    const disk = new Disk()
    for (const name of names) {
      const path = join(folder, name)
      disk.#files.set(name, { durable: existsSync(path) ? readFileSync(path) : Buffer.alloc(0), pending: [] })
    }
    return disk
  }

  apply(event: DiskEvent): void {
    const name = basename(event.file)
    if (FORGOTTEN.test(name)) return
    const kept = this.#files.get(name)
    if (!kept) throw new Error(`the server wrote to ${name}, which this disk does not know`)
    if (event.kind !== 'sync') kept.pending.push(event)
    else {
      for (const change of kept.pending) kept.durable = changed(kept.durable, change)
      kept.pending = []
    }
  }

  /** How many writes a power cut could take now. */
  get pending(): number {
    return [...this.#files.values()].reduce((sum, { pending }) => sum + pending.length, 0)
  }

  /** Writes what a power cut would leave now into a folder. */
  leave(folder: string, cut: Cut, rng: Seam['rng']): void {
    mkdirSync(folder, { recursive: true })
    for (const [name, { durable, pending }] of this.#files) {
      let content: Buffer = Buffer.from(durable)
      for (const change of survivors(pending, cut, rng)) content = changed(content, change)
      writeFileSync(join(folder, name), content)
    }
  }
}

function changed(content: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') return grown(content, change.length).subarray(0, change.length)
  const wide = grown(content, change.at + change.bytes.length)
  change.bytes.copy(wide, change.at)
  return wide
}

function grown(content: Buffer, length: number): Buffer {
  return content.length >= length ? content : Buffer.concat([content, Buffer.alloc(length - content.length)])
}

function survivors(pending: readonly Change[], cut: Cut, rng: Seam['rng']): Change[] {
  if (cut === 'nothing') return []
  if (cut === 'torn') {
    const whole = pending.slice(0, Math.floor(rng.next() * (pending.length + 1)))
    const next = pending[whole.length]
    if (next?.kind !== 'write') return whole
    return [...whole, { ...next, bytes: next.bytes.subarray(0, Math.floor(rng.next() * next.bytes.length)) }]
  }
  return pending.flatMap((change): Change[] => {
    if (change.kind === 'truncate') return rng.next() < 0.5 ? [change] : []
    const sectors: Change[] = []
    for (let from = 0; from < change.bytes.length; from += SECTOR) {
      if (rng.next() < 0.5) continue
      sectors.push({ ...change, at: change.at + from, bytes: change.bytes.subarray(from, from + SECTOR) })
    }
    return sectors
  })
}
