import type { Change } from '../domain/record.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { Database, OutboxEntry } from './database.ts'
import type { ShadowRow } from './rows.ts'
import { slices } from './overlay.ts'
import { keyOf, touchesOf, writesOf } from './touches.ts'

/** Rows of tables that no screen lists. From fifty on Dexie notes no single keys, which costs more than the rows. */
export const UNSEEN_AT_ONCE = 60

/** So few rows are read in one request. */
const little = () => LIMITS.rowsPerTransaction / 4

/**
 * What a settlement needs of the outbox and of the rows below it, loaded as far as it is asked for and no further: a
 * phone that was away for a month has thousands of entries, and a page concerns few of them. Everything is read and
 * written in small requests, so that a tap finds room between them.
 */
export class PendingWork {
  /** Entries that are answered for good. */
  readonly removed = new Set<OutboxEntry>()
  /** Entries that are otherwise than they were. */
  readonly dirty = new Set<OutboxEntry>()
  /** Rows that have to be worked out again. */
  readonly touched = new Set<string>()
  readonly #database: Database
  readonly #generation: number
  readonly #entries = new Map<number, OutboxEntry>()
  /** `null`: nothing unsent stands on that row. */
  readonly #shadows = new Map<string, ShadowRow | null>()
  readonly #looked = new Set<string>()
  readonly #shadowed = new Set<string>()
  /** Whether everything of the one or the other was loaded: then nobody needs to be asked for more. */
  #whole: { entries: boolean; shadows: boolean } | null = null

  /** @param generation of the download under way */
  constructor(database: Database, generation: number) {
    this.#database = database
    this.#generation = generation
  }

  /** Everything loaded so far, in the order of the lane. */
  entries(): OutboxEntry[] {
    return [...this.#entries.values()].sort((left, right) => left.seq! - right.seq!)
  }

  /** Of the entries that were called up, those that are on their way, in the order of the lane. */
  live(): OutboxEntry[] {
    return this.entries().filter((entry) => entry.state !== 'refused' && !this.removed.has(entry))
  }

  /** What an entry wrote has to be worked out again. */
  touch(entry: OutboxEntry): void {
    for (const key of writesOf(entry.changes)) this.touched.add(key)
  }

  /** The server's state of a row that something unsent stands on, if that was loaded. */
  shadow(key: string): ShadowRow | undefined {
    return this.#shadows.get(key) ?? undefined
  }

  /** Every shadow loaded so far. */
  shadows(): ShadowRow[] {
    return [...this.#shadows.values()].filter((row) => row !== null)
  }

  /** @param generation of a row that the server spoke of in an earlier download */
  setShadow(change: Change, generation = this.#generation): void {
    this.#shadows.set(keyOf(change), { ...change, generation })
    this.#shadowed.add(keyOf(change))
  }

  /** A phone with little on its way is looked through once, instead of being asked for every row of a page. */
  async #survey(): Promise<{ entries: boolean; shadows: boolean }> {
    if (this.#whole) return this.#whole
    const { outbox, shadow } = this.#database
    const [entries, shadows] = await Promise.all([outbox.count(), shadow.count()])
    this.#whole = { entries: entries <= little(), shadows: shadows <= little() }
    if (this.#whole.entries && entries > 0) this.#adopt(await outbox.toArray())
    if (this.#whole.shadows && shadows > 0) {
      for (const row of await shadow.toArray()) this.#shadows.set(keyOf(row), row)
    }
    return this.#whole
  }

  /** The commands with these ids. Those that were sent together lie together, so the first leads to the others. */
  async loadIds(ids: readonly string[]): Promise<void> {
    if (ids.length === 0 || (await this.#survey()).entries) return
    const { outbox } = this.#database
    const [first] = ids.length > 1 ? await outbox.where('id').equals(ids[0]!).primaryKeys() : []
    if (first !== undefined) await this.#loadSeqs(ids.map((_id, index) => first + index))
    const known = new Set(this.entries().map(({ id }) => id))
    const found = ids.filter((id) => !known.has(id)).map((id) => outbox.where('id').equals(id).toArray())
    for (const entries of await Promise.all(found)) this.#adopt(entries)
  }

  /** Commands that were applied and that the cursor may have reached. */
  async loadApplied(reached: number, most: number): Promise<void> {
    if ((await this.#survey()).entries) return
    const seqs = await this.#database.outbox.where('state').equals('applied').primaryKeys()
    for (let start = 0, found = 0; start < seqs.length && found < most; start += most) {
      const some = seqs.slice(start, start + most)
      await this.#loadSeqs(some)
      for (const seq of some) if ((this.#entries.get(seq)?.clock ?? Infinity) <= reached) found++
    }
  }

  /** The commands that wrote one of these rows, or would decide otherwise because of it. */
  async loadTouching(keys: Iterable<string>): Promise<void> {
    if ((await this.#survey()).entries) return
    const unknown = [...keys].filter((key) => !this.#looked.has(key))
    for (const slice of slices(unknown)) {
      const found = slice.map((key) => this.#database.outbox.where('touches').equals(key).primaryKeys())
      await this.#loadSeqs((await Promise.all(found)).flat())
      for (const key of slice) this.#looked.add(key)
    }
  }

  /** Entries by their place in the outbox, neighbours in one request. */
  async #loadSeqs(seqs: readonly number[]): Promise<void> {
    const missing = [...new Set(seqs)].filter((seq) => !this.#entries.has(seq))
    const { outbox } = this.#database
    for (const few of slices(runsOf(missing, UNSEEN_AT_ONCE))) {
      const found = few.map(([first, last]) => outbox.where(':id').between(first, last, true, true).toArray())
      for (const entries of await Promise.all(found)) this.#adopt(entries)
    }
  }

  /** What was loaded before stands, with what this settlement did to it. */
  #adopt(entries: readonly OutboxEntry[]): void {
    for (const entry of entries) if (!this.#entries.has(entry.seq!)) this.#entries.set(entry.seq!, entry)
  }

  async loadShadows(keys: Iterable<string>): Promise<void> {
    if ((await this.#survey()).shadows) return
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

  /** Writes everything back. @param free keys of shadows that nothing unsent stands on any more */
  async store(free: ReadonlySet<string>): Promise<void> {
    const { outbox, shadow } = this.#database
    const refs = [...free].map((key) => key.split(' ') as [string, string])
    for (const slice of slices(refs, UNSEEN_AT_ONCE)) await shadow.bulkDelete(slice)
    const kept = [...this.#shadowed].filter((key) => !free.has(key)).flatMap((key) => this.shadow(key) ?? [])
    for (const slice of slices(kept, UNSEEN_AT_ONCE)) await shadow.bulkPut(slice)
    const entries = [...this.dirty].filter((entry) => !this.removed.has(entry))
    for (const entry of entries) entry.touches = touchesOf(entry.changes, entry.reads)
    for (const slice of slices(entries, UNSEEN_AT_ONCE)) await outbox.bulkPut(slice)
    for (const [first, last] of runsOf([...this.removed].map((entry) => entry.seq!))) {
      await outbox.where(':id').between(first, last, true, true).delete()
    }
  }
}

/** Numbers as stretches without a gap: what was sent together is answered together, and a stretch goes in one request. */
function runsOf(numbers: readonly number[], most = Infinity): [first: number, last: number][] {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((left, right) => left - right)) {
    const run = runs.at(-1)
    if (run && number === run[1] + 1 && number - run[0] < most) run[1] = number
    else runs.push([number, number])
  }
  return runs
}

/** A row without what this phone notes beside it. */
export function changeOf({ kind, id, scope, body }: Change): Change {
  return { kind, id, scope, body }
}
