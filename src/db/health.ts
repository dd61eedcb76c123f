import {
  mustDownloadAgain,
  noticeLoss,
  parseSentinel,
  SENTINEL_IDS_MOST,
  wordSentinel,
  type FoundPhone,
  type Loss,
  type Sentinel,
} from '../domain/phoneHealth.ts'
import { adoptPhone } from './adoptPhone.ts'
import { DATA_VERSION, newId, readPhone, type Database, type PhoneState } from './database.ts'
import { downloadAgain } from './lane.ts'
import { isSoundState, quarantine } from './quarantine.ts'
import { raiseAlarm } from './raiseAlarm.ts'
import type { Seam } from './seam.ts'

/** Where a sentinel stands, outside of the database that it watches. Reading and writing never throw. */
export interface SentinelStore {
  read(): string | null
  write(text: string): void
}

/** So long the word that something was saved may be on its way. */
const WORD_MOST_MS = 250

/**
 * Knows what this phone held at the last look, and notices at the next start when that is not there any more. What it
 * remembers is written after what it speaks of was stored, so it may lag behind, and raises no false alarm.
 */
export class Health {
  readonly #database: Database
  readonly #seam: Pick<Seam, 'clock' | 'rng'>
  readonly #store: SentinelStore
  #rows = 0
  /** Ids of what waits, by its place in the outbox. */
  #named = new Map<number, string>()

  constructor(database: Database, seam: Pick<Seam, 'clock' | 'rng'>, store: SentinelStore) {
    this.#database = database
    this.#seam = seam
    this.#store = store
  }

  /**
   * Compares what is here with what was remembered, before anything is sent: what is missing becomes an alarm, what
   * nobody can read is set aside, and what can be had again is downloaded again.
   *
   * @param who whose phone this is, for a database that does not know it any more
   */
  async examine(who: Parameters<typeof adoptPhone>[1]): Promise<Loss | null> {
    const database = this.#database
    const sentinel = parseSentinel(this.#store.read())
    const aside = await quarantine(database, this.#seam)
    const isOwnerSound = isSoundState(await database.phone.get('phone'))
    if (!isOwnerSound) await this.#adoptAnew(who, sentinel)
    const state = await this.#name()
    const found = await this.#find(state, sentinel)
    this.#rows = found.rows
    const noticed = noticeLoss(sentinel, found)
    const loss = noticed && !isOwnerSound ? { ...noticed, code: 'emptied' as const } : noticed
    if (loss) await raiseAlarm(database, this.#seam.rng, loss)
    if (aside > 0) await raiseAlarm(database, this.#seam.rng, { code: 'quarantined', atMost: aside })
    if (mustDownloadAgain(sentinel, found)) await downloadAgain(database)
    await this.look()
    return loss
  }

  /** The row that says whose this is cannot be read: everything else stays, under a lane and a download that begin. */
  async #adoptAnew(who: Parameters<typeof adoptPhone>[1], sentinel: Sentinel | null): Promise<void> {
    await this.#database.phone.delete('phone')
    await adoptPhone(this.#database, who, this.#seam.rng)
    await this.#database.phone.update('phone', { lanes: (sentinel?.lane ?? 0) + 1 })
  }

  /** Gives the database its id at its first look. */
  #name(): Promise<PhoneState> {
    const { phone } = this.#database
    const born = newId(this.#seam.rng)
    return this.#database.transaction('rw', phone, async () => {
      const state = await readPhone(this.#database)
      if (state.born !== undefined) return state
      const named = { ...state, born }
      await phone.put(named)
      return named
    })
  }

  async #find(state: PhoneState, sentinel: Sentinel | null): Promise<FoundPhone> {
    const { outbox, sent, records, quarantine: aside } = this.#database
    const ids = [...(sentinel?.ids ?? [])]
    // In one moment: another window's sync moves what it has sent from the one table to the other.
    const [waiting, acknowledged, unreadable, rows] = await this.#database.transaction(
      'r',
      [outbox, sent, records, aside],
      () => Promise.all([outbox.where('id').anyOf(ids).toArray(), sent.bulkGet(ids), aside.toArray(), records.count()]),
    )
    const kept = unreadable.map(({ row }) => row as { id: string })
    const present = new Set([...waiting, ...acknowledged, ...kept].flatMap((entry) => (entry ? [entry.id] : [])))
    return { born: state.born!, lane: state.lanes ?? 0, nextN: state.nextN, present, rows }
  }

  /** Remembers what is here now. @param counted whether the rows are counted too, which takes a moment */
  async look(counted = false): Promise<void> {
    const { outbox, phone, records } = this.#database
    if (counted) this.#rows = await records.count()
    const { state, keys, fresh } = await this.#database.transaction('r', outbox, phone, async () => {
      const standing = await readPhone(this.#database)
      const waiting = await outbox.where('state').equals('pending').primaryKeys()
      // After a tap one entry is new; the others were named at an earlier look.
      const unnamed = waiting.slice(0, SENTINEL_IDS_MOST).filter((seq) => !this.#named.has(seq))
      return { state: standing, keys: waiting, fresh: await outbox.bulkGet(unnamed) }
    })
    for (const entry of fresh) if (entry) this.#named.set(entry.seq!, entry.id)
    const ids = keys.slice(0, SENTINEL_IDS_MOST).flatMap((seq) => this.#named.get(seq) ?? [])
    this.#named = new Map([...this.#named].filter(([seq]) => seq >= (keys[0] ?? Infinity)))
    const unsent = keys.length
    if (state.born === undefined) return
    const place = { born: state.born, lane: state.lanes ?? 0, nextN: state.nextN }
    const counts = { unsent, ids, rows: this.#rows, seenAt: this.#seam.clock.now() }
    this.#store.write(wordSentinel({ version: DATA_VERSION, ...place, ...counts }))
  }

  /**
   * Something was saved a moment ago: until the next look only its number is remembered. The word of it comes after the
   * frame that shows it, so a look that was taken just now has seen it already.
   */
  saved(): void {
    const sentinel = parseSentinel(this.#store.read())
    if (!sentinel || this.#seam.clock.now() - sentinel.seenAt < WORD_MOST_MS) return
    this.#store.write(wordSentinel({ ...sentinel, unsent: sentinel.unsent + 1 }))
  }

  /** The loss that the leader has not been told of yet; the engine's own alarms are given an id here. */
  async untold(): Promise<NonNullable<PhoneState['loss']> | null> {
    const { phone } = this.#database
    const id = newId(this.#seam.rng)
    return this.#database.transaction('rw', phone, async () => {
      const state = await readPhone(this.#database)
      if (state.alarm && !state.loss) {
        const loss = { id, code: state.alarm, atMost: state.atMost ?? null, told: false }
        await phone.put({ ...state, loss })
        return loss
      }
      return state.loss && !state.loss.told ? state.loss : null
    })
  }

  /** The word to the leader is in the outbox. */
  async told(lossId: string): Promise<void> {
    const { phone } = this.#database
    await this.#database.transaction('rw', phone, async () => {
      const state = await readPhone(this.#database)
      if (state.loss?.id === lossId) await phone.put({ ...state, loss: { ...state.loss, told: true } })
    })
  }
}
