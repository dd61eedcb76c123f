import Dexie, { type DBCore, type Table } from 'dexie'
import type { Refusal } from '../domain/command.ts'
import { base64url } from '../domain/hash.ts'
import type { Change, Ref } from '../domain/record.ts'
import type { LossCode } from '../domain/records/phoneLoss.ts'
import type { HandoverHeader } from '../protocol/handover.ts'
import type { HoldReason } from '../protocol/sync.ts'
import { PhoneTrouble } from './PhoneTrouble.ts'
import type { FacadeRow, Key, RowOf, Rows, ShadowRow, StoredRow, StoreName } from './rows.ts'
import type { Seam } from './seam.ts'
import { touchesOf } from './touches.ts'

export type EntryState = 'pending' | 'applied' | 'held' | 'refused'

/** One saved command on its way. It is never deleted before its answer (SYNC-1). */
export interface OutboxEntry {
  /** Order on this phone; set by the database. */
  seq?: number
  /** Number in the lane of the current incarnation, contiguous. */
  n: number
  id: string
  verb: string
  version: number
  args: unknown
  claimedAt: number
  offsetMs: number
  after: number | null
  state: EntryState
  /** Clock of the command's last row, once applied; it may retire when the cursor gets there (SYNC-6). */
  clock: number | null
  code: Refusal | null
  until: HoldReason | null
  /** What the command wrote here last, and what it looked at: the overlay and its replay. */
  changes: Change[]
  reads: Pick<Ref, 'kind' | 'id'>[]
  /** The rows that call this entry up again when one of them changes (`touchesOf`); an index finds it by them. */
  touches: string[]
  /** Set when the command is offered again after a restore (SYNC-8). */
  formerly?: { epoch: string; clock: number }
  /** It had been acknowledged in the lost history: its author awaits no answer (SYNC-8). */
  offered?: true
}

/** A file of a teammate's unsent work that this phone brings along (SYNC-13). Its contents are sealed for the server. */
export interface CarriedFile {
  /** The file's checksum: the same file twice is one row. */
  id: string
  header: HandoverHeader
  parts: string[]
  /** ms on this phone's clock */
  takenAt: number
  state: 'waiting' | 'delivered' | 'refused'
  /** How many parts the server has taken. */
  done: number
  /** The history that took them; another one is brought everything again (SYNC-8). */
  epoch: string | null
  applied: number
  held: number
  refused: number
}

/** A command the server acknowledged, kept so that it can be offered again after a restore. */
export interface SentEntry {
  id: string
  /** The server's time when the answer was stored, ms. */
  at: number
  /** Its place in the outbox, which is the order in which it is offered again. */
  order: number
  epoch: string
  clock: number
  command: Pick<OutboxEntry, 'id' | 'verb' | 'version' | 'args' | 'claimedAt' | 'offsetMs' | 'after'>
  changes: Change[]
  reads: Pick<Ref, 'kind' | 'id'>[]
}

/** Who this phone is, and where it stands with the server. One row. */
export interface PhoneState {
  key: 'phone'
  communityId: string
  memberId: string
  deviceId: string
  /** The name of this numbering of the outbox; a new one after a fork, a gap or a restore (SYNC-2). */
  incarnation: string
  nextN: number
  epoch: string | null
  cursor: string | null
  membership: number
  reached: number
  /** How far this phone's clock is ahead of the server's, ms, when it last saw both. */
  offsetMs: number
  /** The server's time at the last finished sync, ms; `null` before the first. */
  syncedAt: number | null
  /** Whether a first download has come through: before that, a missing row says nothing. */
  complete: boolean
  generation: number
  /** Whether the download of this generation is still under way, so that its end must sweep. */
  sweeping: boolean
  /** A `draining` one sends what it has and saves nothing more. */
  device: 'pending' | 'active' | 'draining'
  matchCode: string | null
  /** What the member must be told, until they have read it. */
  alarm: LossCode | null
  /** How many unsent things may be gone at most; nothing where nobody knows. */
  atMost?: number | null
  /** What the leader must be told of it, once. `null` when a new alarm was not looked at yet. */
  loss?: { id: string; code: LossCode; atMost: number | null; told: boolean } | null
  /** The id this database was given at its first look: a database that was made anew has another one. */
  born?: string
  /** How many numberings the outbox has had: an older image has had fewer. */
  lanes?: number
  /** The download that followed upon rows that nobody could read: what it brought is what the server says. */
  weededIn?: number
  /** How many rows were let go to make room. */
  evicted?: number
  /** Whether whatever was folded here was let go, and not only noted by an app that did not know the word (SYNC-12). */
  followsFolds?: true
  /** What this enrolment's hand-over files are sealed with (SYNC-13); no token, nothing can be read with it. */
  handoverKey?: string
  /** Raised by every transaction that writes rows (`putPhone`), so that a page knows whether what it has seen still stands. */
  revision?: number
  /** How many pages were begun in early slices: only the youngest of them is gone on with (SYNC-7). */
  turn?: number
}

/** A row that nobody can read any more, kept as it was found: it may be somebody's work. */
export interface QuarantinedRow {
  id?: number
  from: 'outbox' | 'carried'
  row: unknown
  /** ms on this phone's clock */
  foundAt: number
}

/** The version of this shape. Rows of a newer one are looked at and never written. */
export const DATA_VERSION = 2

/**
 * One member's database on one phone. What a person does is stored strictly: it counts as saved when it would survive a
 * dead battery (SYNC-1). Keys begin with the scope, so that a lost scope is purged by one range.
 */
export class Database extends Dexie implements Rows {
  records!: Table<StoredRow, [string, string, string]>
  facades!: Table<FacadeRow, [string, string]>
  outbox!: Table<OutboxEntry, number>
  shadow!: Table<ShadowRow, [string, string]>
  sent!: Table<SentEntry, string>
  phone!: Table<PhoneState, 'phone'>
  carried!: Table<CarriedFile, string>
  quarantine!: Table<QuarantinedRow, number>
  /** Whether a database of this name ought to be here: then an empty one is a loss, and is not begun in silence. */
  isExpected = false

  constructor(name: string, idb: Seam['idb']) {
    super(name, { ...idb, cache: 'disabled' })
    this.use({ stack: 'dbcore', name: 'durability', create: (core) => ({ ...core, transaction: durable(core) }) })
    this.version(1).stores({
      records: '[scope+kind+id], [kind+id]',
      facades: '[stairwellId+roundId]',
      outbox: '++seq, id, state',
      shadow: '[kind+id]',
      sent: 'id, at, order',
      phone: 'key',
    })
    this.version(DATA_VERSION)
      .stores({ carried: 'id, state', quarantine: '++id', outbox: '++seq, id, state, *touches' })
      .upgrade((trx) => trx.table<OutboxEntry>('outbox').toCollection().modify(noteTouches))
    // Chromium opens a corrupt database as an empty one without an error, and Safari forgets one between two queries.
    this.on('populate', () => {
      if (this.isExpected) throw new PhoneTrouble('vanished')
    })
    // An old tab must never hold a newer one up: it closes, and the person reloads it when it is used again.
    this.on('versionchange', () => this.close())
  }

  async read<S extends StoreName>(store: S, keys: readonly Key[]): Promise<(RowOf<S> | undefined)[]> {
    return this.table<RowOf<S>, Key>(store).bulkGet([...keys])
  }
  async readRange(lower: Key, upper: Key, limit: number): Promise<StoredRow[]> {
    const between = this.records.where('[scope+kind+id]').between(lower, upper, true, true)
    return between.limit(limit).toArray()
  }
  async write<S extends StoreName>(store: S, rows: readonly RowOf<S>[]): Promise<void> {
    await this.table(store).bulkPut(rows)
  }
  async remove(store: StoreName, keys: readonly Key[]): Promise<void> {
    await this.table(store).bulkDelete([...keys])
  }
}

/** What the server said can be asked for again, and a tap need not wait behind it for the disk. The rest is strict. */
function durable({ transaction }: DBCore): DBCore['transaction'] {
  return (stores, mode) => transaction(stores, mode, { durability: stores.includes('sent') ? 'relaxed' : 'strict' })
}

function noteTouches(entry: OutboxEntry): void {
  entry.touches = touchesOf(entry.changes, entry.reads)
}

/** The name of a member's database. Two communities, or two people on one phone, have databases of their own. */
export function databaseName(communityId: string, memberId: string): string {
  return `qiaomen.${communityId}.${memberId}`
}

/** An id made on this phone, final wherever it goes: 120 random bits. */
export function newId(rng: Seam['rng']): string {
  return base64url(rng.bytes(15))
}

/** The phone's one row about itself. @throws Error when the database was never given one */
export async function readPhone(database: Database): Promise<PhoneState> {
  const state = await database.phone.get('phone')
  if (!state) throw new Error('nobody’s database')
  return state
}

/**
 * The moment as the server would tell it, ms: by this phone's clock and what that is known to be ahead. A clock that was set
 * back is not believed behind the last sync, or somebody's grants would not have begun yet.
 */
export function momentOf({ offsetMs, syncedAt }: Pick<PhoneState, 'offsetMs' | 'syncedAt'>, now: number): number {
  return Math.max(now - offsetMs, syncedAt ?? 0)
}

/** Writes the phone's row back: every transaction that writes rows ends with it, and pages forget what they had seen. */
export async function putPhone(database: Database, state: PhoneState): Promise<void> {
  await database.phone.put({ ...state, revision: (state.revision ?? 0) + 1 })
}
