import Dexie, { RangeSet, type ObservabilitySet } from 'dexie'
import type { Database, OutboxEntry, PhoneState } from './database.ts'
import type { Key, RowOf, Rows, StoredRow, StoreName } from './rows.ts'
import type { Seam } from './seam.ts'

const STORES = ['records', 'facades', 'outbox', 'shadow', 'phone'] as const

/** What this page has seen of the database; it holds for as long as the phone's revision does. */
interface Ground {
  phone: PhoneState
  rows: Map<string, unknown>
}
/** The database went on without this page: what was worked out on its memory is worked out again. */
const outdated = new Error('another page or a sync has written meanwhile')
/** By the connection, because a phone may have several pages, and a page several phones. */
let grounds = new WeakMap<Database, Ground>()
/** What was captured, as far as live queries have not heard of it: of the queue, and of everything else. */
const untold: Record<'queue' | 'rows', ObservabilitySet> = { queue: {}, rows: {} }
let told: ObservabilitySet

// Whatever else was written in this page, by whatever way, is news.
Dexie.on.storagemutated.subscribe((parts) => {
  if (parts !== told) grounds = new WeakMap()
})

/** Whether what this page has seen is how things stood at this revision of the phone, or later. */
export function knowsRevision(database: Database, revision: number): boolean {
  const ground = grounds.get(database)
  return ground !== undefined && revisionOf(ground.phone) >= revision
}

const revisionOf = ({ revision }: PhoneState): number => revision ?? 0

/** Tells live queries, here and in other tabs, what was captured since they were last told. */
function tell(what: keyof typeof untold): void {
  told = untold[what]
  untold[what] = {}
  Dexie.on.storagemutated.fire(told)
}
export const tellQueue = (): void => tell('queue')
export const tellRows = (): void => tell('rows')

/** Dexie calls it full range: every key there is. */
const everyKey = () => new RangeSet(-Infinity, [[]])

/**
 * One strict transaction of a tap, straight on IndexedDB: on an old phone most of a tap's time went into asking again for
 * rows that had not changed since the last one. So what was read or written is kept in this page, and believed for as
 * long as the phone's revision is the one it was read at; whoever writes rows raises it (`putPhone`). The revision is
 * asked for first and answered while the command is being worked out; nothing is written before it is confirmed.
 *
 * The rest of the app reads through Dexie, and its live queries are told what has changed.
 */
export class Capture implements Rows {
  readonly #database: Database
  readonly #transaction: IDBTransaction
  readonly #asked = new Map<string, Promise<unknown>>()
  readonly #written: [StoreName, Key][] = []
  readonly #keyRange: typeof IDBKeyRange
  #rows = new Map<string, unknown>()
  #phone: PhoneState | null = null
  #isQueued = false
  #confirmed: Promise<PhoneState> | null = null

  constructor(database: Database, idb: Seam['idb'], transaction: IDBTransaction) {
    this.#database = database
    this.#keyRange = idb.IDBKeyRange
    this.#transaction = transaction
  }

  /** The phone's row, as this page knows it; where it knows none, as it stands; later, as this transaction left it. */
  async phone(): Promise<PhoneState> {
    if (this.#confirmed) return this.#confirmed.then(() => this.#phone!)
    this.#confirmed = this.#readPhone()
    const ground = grounds.get(this.#database)
    if (!ground) return this.#confirmed
    this.#confirmed.catch(() => {})
    this.#rows = ground.rows
    this.#phone = ground.phone
    return ground.phone
  }

  async #readPhone(): Promise<PhoneState> {
    const state = await answer<PhoneState | undefined>(this.#store('phone').get('phone'))
    if (!state) throw new Error('nobody’s database')
    if (this.#phone && revisionOf(this.#phone) !== revisionOf(state)) throw outdated
    this.#phone = state
    return state
  }

  /** Resolves when what was looked at is how things stand; before that nothing may rest on it. */
  async confirm(): Promise<void> {
    await this.#confirmed
  }

  read<S extends StoreName>(store: S, keys: readonly Key[]): Promise<(RowOf<S> | undefined)[]> {
    return Promise.all(keys.map((key) => this.#one(store, key) as Promise<RowOf<S> | undefined>))
  }

  async #one(store: StoreName, key: Key): Promise<unknown> {
    const name = nameOf(store, key)
    if (this.#rows.has(name)) return this.#rows.get(name)
    const asked = this.#asked.get(name) ?? answer(this.#store(store).get(key))
    this.#asked.set(name, asked)
    const row = await asked
    if (!this.#rows.has(name)) this.#rows.set(name, row)
    return this.#rows.get(name)
  }

  readRange(lower: Key, upper: Key, limit: number): Promise<StoredRow[]> {
    return answer(this.#store('records').getAll(this.#keyRange.bound(lower, upper), limit))
  }

  /** Says that there is no such row, because its id was made a moment ago. */
  isNew(store: StoreName, key: Key): void {
    this.#rows.set(nameOf(store, key), undefined)
  }

  async write<S extends StoreName>(store: S, rows: readonly RowOf<S>[]): Promise<void> {
    for (const row of rows) {
      const key = KEY_OF[store](row as never)
      this.#store(store).put(row)
      this.#rows.set(nameOf(store, key), row)
      this.#written.push([store, key])
    }
  }

  async remove(store: StoreName, keys: readonly Key[]): Promise<void> {
    for (const key of keys) {
      this.#store(store).delete(key)
      this.#rows.set(nameOf(store, key), undefined)
      this.#written.push([store, key])
    }
  }

  /** Puts the command into the outbox, behind all others, and the phone's row that has counted it. */
  enqueue(entry: OutboxEntry, state: PhoneState): void {
    this.#isQueued = true
    this.#store('outbox').add(entry)
    this.#phone = { ...state, revision: revisionOf(state) + 1 }
    this.#store('phone').put(this.#phone)
  }

  /** What this transaction has seen and written is how things stand. */
  keep(): void {
    if (this.#phone) grounds.set(this.#database, { phone: this.#phone, rows: this.#rows })
    if (this.#isQueued) this.#note()
  }

  /** Keeps what this transaction has changed for live queries to be told. */
  #note(): void {
    const parts: Record<string, RangeSet> = {}
    const part = (store: string, index: string) => `idb://${this.#database.name}/${store}/${index}`
    for (const [store, key] of this.#written) {
      for (const index of ['', ':dels']) (parts[part(store, index)] ??= new RangeSet()).addKey(key)
      if (store === 'records') (parts[part(store, '[kind+id]')] ??= new RangeSet()).addKey((key as string[]).slice(1))
    }
    parts[part('phone', '')] = everyKey()
    Dexie.extendObservabilitySet(untold.rows, parts)
    for (const index of ['', ':dels', 'id', 'state']) untold.queue[part('outbox', index)] = everyKey()
  }

  #store(name: StoreName | 'outbox' | 'phone'): IDBObjectStore {
    return this.#transaction.objectStore(name)
  }
}

/**
 * Runs `work` in one strict transaction. When this resolves, what it wrote survives a dead battery; when it throws,
 * nothing was written. `work` may wait for rows and for nothing else.
 *
 * @throws what IndexedDB throws: quota, a lost connection, a database that was closed
 */
export async function capture<T>(
  database: Database,
  idb: Seam['idb'],
  work: (rows: Capture) => Promise<T>,
  mode: 'readwrite' | 'readonly' = 'readwrite',
): Promise<T> {
  const run = () => captureOnce(database, idb, work, mode)
  return run().catch((error: unknown) => {
    if (error !== outdated) throw error
    return run()
  })
}

async function captureOnce<T>(
  database: Database,
  idb: Seam['idb'],
  work: (rows: Capture) => Promise<T>,
  mode: 'readwrite' | 'readonly',
): Promise<T> {
  const transaction = database.core.transaction([...STORES], mode, { durability: 'strict' }) as IDBTransaction
  const rows = new Capture(database, idb, transaction)
  const ended = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => {
      // Here and not behind a promise: the next capture may have begun already and looks at its first answer.
      rows.keep()
      resolve()
    })
    transaction.addEventListener('abort', () => {
      reject(transaction.error ?? new DOMException('ended from outside', 'AbortError'))
    })
  })
  try {
    const result = await work(rows)
    // Nothing more will be asked: the disk need not wait until the answers have been heard.
    transaction.commit?.()
    await ended
    return result
  } catch (error) {
    grounds.delete(database)
    ended.catch(() => {})
    try {
      transaction.abort()
    } catch {
      // It has ended already: that is what was thrown.
    }
    throw error
  }
}

const KEY_OF: { [S in StoreName]: (row: RowOf<S>) => Key } = {
  records: ({ scope, kind, id }) => [scope, kind, id],
  facades: ({ stairwellId, roundId }) => [stairwellId, roundId],
  shadow: ({ kind, id }) => [kind, id],
}

const nameOf = (store: StoreName, key: Key): string => `${store} ${key.join(' ')}`

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
