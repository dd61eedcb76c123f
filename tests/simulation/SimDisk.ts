import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { Database, databaseName, type OutboxEntry, type PhoneState, type SentEntry } from '../../src/db/database.ts'
import type { SentinelStore } from '../../src/db/health.ts'
import type { Seam } from '../../src/db/seam.ts'
import type { Facade } from '../../src/domain/coverage/facade.ts'

/** Everything a phone's database holds, at one moment. */
export interface Contents {
  state: PhoneState
  records: { kind: string; id: string; scope: string; body: { id: string }; generation: number }[]
  facades: Facade[]
  outbox: OutboxEntry[]
  shadow: { kind: string; id: string }[]
  sent: SentEntry[]
}

/** What a power cut may leave behind: the database, and what was remembered of it outside of it just then. */
interface Image {
  contents: Contents
  /** The how-manieth it is. */
  taken: number
  sentinel: string | null
}

/** A power cut took acknowledged numbers away: when something is saved behind them, it must be noticed (SYNC-2). */
export interface Fall {
  incarnation: string
  /** The highest number that the server had taken in: it must not take it again for something else. */
  acknowledged: number
  /** How much had been saved then. */
  at: number
  /** The server's answer to something saved since was heard: whatever it was, it told of the fall. */
  answered: boolean
  /** The numbering was over before the server met it: no number is taken twice, and what the sentinel names is missed by it. */
  unnoticeable: boolean
}

/** How many states of its disk a phone remembers, for a power cut to fall back to. */
const MOST_IMAGES = 60

/** How often what is remembered outside of the database falls back with it: then everything on the disk was older. */
const SENTINEL_FALLS = 0.3

/** How often it leaves the count of the numbers newer than what was numbered. */
const TEARS = 0.3

/** A phone's storage: an IndexedDB in memory, the sentinel that stands outside of it, and older images of both. */
export class SimDisk {
  idb = { indexedDB: new IDBFactory(), IDBKeyRange }
  #sentinel: string | null = null
  #images: Image[] = []
  #taken = 0

  /** Where the phone's windows keep their sentinel: all of them the same one, as in localStorage. */
  readonly sentinel: SentinelStore = {
    read: () => this.#sentinel,
    write: (text) => {
      this.#sentinel = text
    },
  }

  #rawOf(database: Database): RawDatabase | undefined {
    return (this.idb.indexedDB as unknown as RawFactory)._databases.get(database.name)
  }

  /** What this connection has under way is rolled back, and it is closed. */
  tearOff(database: Database): void {
    const own = database.backendDB()
    for (const transaction of this.#rawOf(database)?.transactions ?? []) {
      if (transaction.db !== own) continue
      if (transaction._state === 'active' || transaction._state === 'inactive') transaction.abort()
    }
    database.close()
  }

  /** What is stored, read past IndexedDB and without copies: only to look at, and only while nothing is under way. */
  peek(database: Database): Contents | null {
    const raw = this.#rawOf(database)
    if (!raw) return null
    const all = <T>(store: string): T[] =>
      [...raw.rawObjectStores.get(store)!.records.values()].map((record) => record.value as T)
    const [state] = all<PhoneState>('phone')
    if (!state) return null
    const rest = { outbox: all<OutboxEntry>('outbox'), sent: all<SentEntry>('sent') }
    return { state, ...rest, records: all('records'), facades: all('facades'), shadow: all('shadow') }
  }

  /** The log of what was committed here, one image after each step; rows are shared, because IndexedDB never changes one. */
  remember(contents: Contents): void {
    this.#images.push({ contents, taken: this.#taken++, sentinel: this.#sentinel })
    if (this.#images.length > MOST_IMAGES) this.#images.shift()
  }

  /** The image that a power cut leaves, mostly a recent one. What came after it has never been. */
  draw(rng: Seam['rng']): Image | null {
    const back = Math.floor((1 - rng.next()) ** (-1 / 0.7))
    const index = Math.max(0, this.#images.length - back)
    return this.#images[index] ?? null
  }

  /** Now and then the count of the numbers outlives what was numbered: the two lie in different parts of the disk. */
  tear(image: Image, last: Contents | null, dice: Seam['rng']): Image {
    const { state } = image.contents
    const isSame = last?.state.incarnation === state.incarnation && last.state.nextN > state.nextN
    if (dice.next() >= TEARS || !isSame) return image
    return { ...image, contents: { ...image.contents, state: { ...state, nextN: last.state.nextN } } }
  }

  /**
   * Nothing but this image is left of the database. What is remembered outside of it stays, or is as old as the image.
   */
  async fallBackTo(image: Image, dice: Seam['rng']): Promise<void> {
    const { contents, sentinel } = image
    if (dice.next() < SENTINEL_FALLS) this.#sentinel = sentinel
    this.#images = this.#images.filter(({ taken }) => taken <= image.taken)
    this.idb = { indexedDB: new IDBFactory(), IDBKeyRange }
    const { communityId, memberId } = contents.state
    const database = new Database(databaseName(communityId, memberId), this.idb)
    await database.open()
    await database.records.bulkPut(contents.records)
    await database.facades.bulkPut(contents.facades)
    await database.outbox.bulkPut(contents.outbox)
    await database.shadow.bulkPut(contents.shadow as never)
    await database.sent.bulkPut(contents.sent)
    await database.phone.put(contents.state)
    database.close()
  }
}

/** What a phone's database holds, in one transaction. */
export function readContents(database: Database): Promise<Contents> {
  const { records, facades, outbox, shadow, sent, phone } = database
  return database.transaction('r', [records, facades, outbox, shadow, sent, phone], async () => {
    const state = await phone.get('phone')
    if (!state) throw new Error('a phone without an owner')
    return {
      state,
      records: await records.toArray(),
      facades: await facades.toArray(),
      outbox: await outbox.orderBy('seq').toArray(),
      shadow: await shadow.toArray(),
      sent: await sent.toArray(),
    }
  })
}

interface RawDatabase {
  transactions: { _state: string; db: unknown; abort(): void }[]
  rawObjectStores: Map<string, { records: { values(): Iterable<{ value: unknown }> } }>
}

interface RawFactory {
  _databases: Map<string, RawDatabase>
}
