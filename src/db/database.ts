import Dexie, { type Table } from 'dexie'
import type { Refusal } from '../domain/command.ts'
import type { Facade } from '../domain/coverage/facade.ts'
import { base64url } from '../domain/hash.ts'
import type { Change, Ref, Row } from '../domain/record.ts'
import type { HandoverHeader } from '../protocol/handover.ts'
import type { HoldReason } from '../protocol/sync.ts'
import type { Seam } from './seam.ts'

/** A row as this phone shows it: the server's state with the phone's own unsent commands on top. */
export interface StoredRow extends Row {
  /** The download it was last seen in; a full download sweeps away what it did not bring. */
  generation: number
}

/** The server's state of a row that an unsent command has changed here; `body` null where the server has none. */
export interface ShadowRow {
  kind: string
  id: string
  scope: string
  body: { id: string } | null
  /** The download in which the server last spoke of this row; an older one ends in `null` when a download is complete. */
  generation: number
}

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
  /** Set when the command is offered again after a restore (SYNC-8). */
  formerly?: { epoch: string; clock: number }
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
  device: 'pending' | 'active'
  matchCode: string | null
  alarm: 'fellBack' | 'numbersLost' | null
  /** What this enrolment's hand-over files are sealed with (SYNC-13); no token, nothing can be read with it. */
  handoverKey?: string
}

/** A façade projection as stored. */
export type FacadeRow = Facade

/**
 * One member's database on one phone. Capture is strict: a tap counts as saved when it would survive a dead battery
 * (SYNC-1). Keys begin with the scope, so that a lost scope is purged by one range.
 */
export class Database extends Dexie {
  records!: Table<StoredRow, [string, string, string]>
  facades!: Table<FacadeRow, [string, string]>
  outbox!: Table<OutboxEntry, number>
  shadow!: Table<ShadowRow, [string, string]>
  sent!: Table<SentEntry, string>
  phone!: Table<PhoneState, 'phone'>
  carried!: Table<CarriedFile, string>

  constructor(name: string, idb: Seam['idb'], durability: 'strict' | 'relaxed' = 'strict') {
    super(name, { ...idb, chromeTransactionDurability: durability, cache: 'disabled' })
    this.version(1).stores({
      records: '[scope+kind+id], [kind+id]',
      facades: '[stairwellId+roundId]',
      outbox: '++seq, id, state',
      shadow: '[kind+id]',
      sent: 'id, at, order',
      phone: 'key',
    })
    this.version(2).stores({ carried: 'id, state' })
    // An old tab must never hold a newer one up: it closes, and the person reloads it when it is used again.
    this.on('versionchange', () => this.close())
  }
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
  if (!state) throw new Error('this database belongs to nobody')
  return state
}

/** Gives a fresh database its owner; an existing owner is kept, with everything that is in the outbox. */
export async function adoptPhone(
  database: Database,
  who: Pick<PhoneState, 'communityId' | 'memberId' | 'deviceId' | 'device' | 'matchCode'>,
  rng: Seam['rng'],
): Promise<void> {
  await database.transaction('rw', database.phone, database.outbox, async () => {
    const known = await database.phone.get('phone')
    if (known && known.deviceId === who.deviceId) {
      // What the server said since this enrolment was written down stands; only a fresh word of it opens the door.
      const device = known.device === 'active' ? known.device : who.device
      await database.phone.put({ ...known, ...who, device, matchCode: device === 'active' ? null : who.matchCode })
      return
    }
    // Another enrolment on the same database starts a lane and a download of its own; what is unsent goes out under it,
    // and so does what waits: its answer would go to the enrolment that is no more.
    const nextN = known ? await numberAnew(database, ['pending', 'held', 'applied']) : 1
    const fresh = { incarnation: newId(rng), nextN, cursor: null, membership: 0, reached: 0 }
    const kept = { epoch: known?.epoch ?? null, offsetMs: known?.offsetMs ?? 0, syncedAt: known?.syncedAt ?? null }
    const generation = (known?.generation ?? 0) + 1
    const rest = { complete: known?.complete ?? false, generation, sweeping: true, alarm: known?.alarm ?? null }
    await database.phone.put({ key: 'phone', ...who, ...fresh, ...kept, ...rest })
  })
}

/**
 * Gives the entries of these states the numbers of a lane that begins, in their order, and makes them pending.
 *
 * @returns the number that comes next
 */
export async function numberAnew(database: Database, states: readonly EntryState[]): Promise<number> {
  const entries = await database.outbox.where('state').anyOf(states).sortBy('seq')
  const fresh = { state: 'pending' as const, clock: null, until: null }
  await database.outbox.bulkPut(entries.map((entry, index) => ({ ...entry, ...fresh, n: index + 1 })))
  return entries.length + 1
}
