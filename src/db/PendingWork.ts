import type { Change } from '../domain/record.ts'
import type { Database, OutboxEntry } from './database.ts'
import type { ShadowRow } from './rows.ts'
import { slices } from './overlay.ts'
import { keyOf, touchesOf } from './touches.ts'

/** Rows of tables that no screen lists. From fifty on Dexie notes no single keys, which costs more than the rows. */
export const UNSEEN_AT_ONCE = 60

/**
 * What a settlement needs of the outbox and of the rows below it, loaded as far as it is asked for and no further: a
 * phone that was away for a month has thousands of entries, and a page concerns few of them. Everything is read and
 * written in small requests, so that a tap finds room between them.
 */
export class PendingWork {
  readonly #database: Database
  readonly #entries = new Map<number, OutboxEntry>()
  /** `null`: nothing unsent stands on that row. */
  readonly #shadows = new Map<string, ShadowRow | null>()
  readonly #looked = new Set<string>()
  readonly #shadowed = new Set<string>()

  constructor(database: Database) {
    this.#database = database
  }

  /** Everything loaded so far, in the order of the lane. */
  entries(): OutboxEntry[] {
    return [...this.#entries.values()].sort((left, right) => left.seq! - right.seq!)
  }

  /** The server's state of a row that something unsent stands on, if that was loaded. */
  shadow(key: string): ShadowRow | undefined {
    return this.#shadows.get(key) ?? undefined
  }

  /** Every shadow loaded so far. */
  shadows(): ShadowRow[] {
    return [...this.#shadows.values()].filter((row) => row !== null)
  }

  setShadow(row: ShadowRow): void {
    this.#shadows.set(keyOf(row), row)
    this.#shadowed.add(keyOf(row))
  }

  /** The commands with these ids. */
  async loadIds(ids: readonly string[]): Promise<void> {
    for (const slice of slices(ids)) this.#adopt(await this.#database.outbox.where('id').anyOf(slice).toArray())
  }

  /** Commands that were applied and that the cursor may have reached. */
  async loadApplied(reached: number, most: number): Promise<void> {
    const applied = this.#database.outbox.where('state').equals('applied')
    this.#adopt(
      await applied
        .filter(({ clock }) => clock !== null && clock <= reached)
        .limit(most)
        .toArray(),
    )
  }

  /** The commands that wrote one of these rows, or would decide otherwise because of it. */
  async loadTouching(keys: Iterable<string>): Promise<void> {
    const unknown = [...keys].filter((key) => !this.#looked.has(key))
    for (const slice of slices(unknown)) {
      const found = slice.map((key) => this.#database.outbox.where('touches').equals(key).toArray())
      for (const entries of await Promise.all(found)) this.#adopt(entries)
      for (const key of slice) this.#looked.add(key)
    }
  }

  /** What was loaded before stands, with what this settlement did to it. */
  #adopt(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) if (!this.#entries.has(entry.seq!)) this.#entries.set(entry.seq!, entry)
  }

  async loadShadows(keys: Iterable<string>): Promise<void> {
    const unknown = [...keys].filter((key) => !this.#shadows.has(key))
    for (const slice of slices(unknown)) {
      const rows = await this.#database.shadow.bulkGet(slice.map((key) => key.split(' ') as [string, string]))
      for (const [index, key] of slice.entries()) this.#shadows.set(key, rows[index] ?? null)
    }
  }

  /** All shadows there are: for a scope that was lost, or the end of a download. */
  async loadAllShadows(): Promise<void> {
    const keys = (await this.#database.shadow.toCollection().primaryKeys()) as unknown as [string, string][]
    await this.loadShadows(keys.map(([kind, id]) => `${kind} ${id}`))
  }

  /**
   * Writes everything back.
   *
   * @param gone entries that are answered for good
   * @param changed entries that are otherwise than they were
   * @param free keys of shadows that nothing unsent stands on any more
   */
  async store(
    gone: ReadonlySet<OutboxEntry>,
    changed: ReadonlySet<OutboxEntry>,
    free: ReadonlySet<string>,
  ): Promise<void> {
    const { outbox, shadow } = this.#database
    const refs = [...free].map((key) => key.split(' ') as [string, string])
    for (const slice of slices(refs, UNSEEN_AT_ONCE)) await shadow.bulkDelete(slice)
    const kept = [...this.#shadowed].filter((key) => !free.has(key)).flatMap((key) => this.shadow(key) ?? [])
    for (const slice of slices(kept, UNSEEN_AT_ONCE)) await shadow.bulkPut(slice)
    const entries = [...changed].filter((entry) => !gone.has(entry))
    for (const entry of entries) entry.touches = touchesOf(entry.changes, entry.reads)
    for (const slice of slices(entries, UNSEEN_AT_ONCE)) await outbox.bulkPut(slice)
    for (const [first, last] of runsOf([...gone].map((entry) => entry.seq!))) {
      await outbox.where(':id').between(first, last, true, true).delete()
    }
  }
}

/** Numbers as stretches without a gap: what was sent together is answered together, and a stretch goes in one request. */
function runsOf(numbers: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((left, right) => left - right)) {
    const run = runs.at(-1)
    if (run && number === run[1] + 1) run[1] = number
    else runs.push([number, number])
  }
  return runs
}

/** A row as the server has it, without what this phone notes beside it. */
export function changeOf({ kind, id, scope, body }: ShadowRow): Change {
  return { kind, id, scope, body }
}
