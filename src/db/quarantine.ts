import type { Table } from 'dexie'
import { check } from '../domain/fields.ts'
import { looksLikeKind } from '../domain/looksLikeKind.ts'
import { wireCommand } from '../protocol/sync.ts'
import {
  readPhone,
  type CarriedFile,
  type Database,
  type OutboxEntry,
  type PhoneState,
  type SentEntry,
} from './database.ts'
import { downloadAgain } from './lane.ts'
import type { Seam } from './seam.ts'

/** So many rows are looked at in one breath, between which taps and screens have their turn. */
const ROWS_AT_ONCE = 50

const STATES: ReadonlySet<string> = new Set(['pending', 'applied', 'held', 'refused'])

/**
 * Sets aside what lies in the outbox and beside it and cannot be read: a hand-edited row, a half-written one. One such
 * row would stop every sync and every screen that lists it. It is kept as it was found, and goes out no more; what was
 * acknowledged already and cannot be read is let go.
 *
 * @returns how many unsent things were set aside
 */
export async function quarantine(database: Database, seam: Pick<Seam, 'clock'>): Promise<number> {
  const { outbox, sent, carried, quarantine: aside } = database
  const bad = {
    outbox: await pick(
      outbox,
      0,
      (entry) => entry.seq!,
      (entry) => !isEntry(entry),
    ),
    sent: await pick(
      sent,
      '',
      ({ id }) => id,
      (entry) => !isSent(entry),
    ),
    carried: await pick(
      carried,
      '',
      ({ id }) => id,
      (file) => !isCarried(file),
    ),
  }
  if (bad.outbox.length + bad.sent.length + bad.carried.length === 0) return 0
  const foundAt = seam.clock.now()
  await database.transaction('rw', outbox, sent, carried, aside, async () => {
    // What the member did is kept; the copies of other rows in it are not, or an erased text would live on here.
    const deeds = bad.outbox.map(({ changes: _changes, ...row }) => ({ from: 'outbox' as const, row, foundAt }))
    const sealed = bad.carried.map((row) => ({ from: 'carried' as const, row, foundAt }))
    await aside.bulkAdd([...deeds, ...sealed])
    await outbox.bulkDelete(bad.outbox.map((entry) => entry.seq!))
    await sent.bulkDelete(bad.sent.map(({ id }) => id))
    await carried.bulkDelete(bad.carried.map(({ id }) => id))
  })
  return bad.outbox.length + bad.carried.length
}

/** Rows that must be looked at closely, a few at a time: a month's queue must not hold the page up. */
async function pick<Row, Key extends number | string>(
  table: Table<Row, Key>,
  first: Key,
  keyOf: (row: Row) => Key,
  isWanted: (row: Row) => boolean,
): Promise<Row[]> {
  const picked: Row[] = []
  for (let last = first; ;) {
    const rows = await table.where(':id').above(last).limit(ROWS_AT_ONCE).toArray()
    picked.push(...rows.filter(isWanted))
    const end = rows.at(-1)
    if (!end || rows.length < ROWS_AT_ONCE) return picked
    last = keyOf(end)
  }
}

function isEntry(entry: OutboxEntry): boolean {
  const { n, id, verb, version, args, claimedAt, offsetMs, after, state, changes, reads } = entry
  const wire = check(wireCommand, { n, id, verb, version, args, claimedAt, offsetMs, after })
  return wire.ok && STATES.has(state) && areRefs(changes) && areRefs(reads)
}

function isSent({ id, at, order, command, changes, reads }: SentEntry): boolean {
  const numbered = Number.isFinite(at) && Number.isFinite(order)
  const wire = check(wireCommand, { ...(command as object), n: 1 })
  return numbered && wire.ok && command.id === id && areRefs(changes) && areRefs(reads)
}

function isCarried({ header, parts, done }: CarriedFile): boolean {
  return typeof header === 'object' && header !== null && Array.isArray(parts) && Number.isFinite(done)
}

function areRefs(refs: unknown): boolean {
  const isRef = (ref: unknown) =>
    typeof (ref as { kind?: unknown } | null)?.kind === 'string' && typeof (ref as { id?: unknown }).id === 'string'
  return Array.isArray(refs) && refs.every(isRef)
}

/** Whether a phone's row about itself can be worked with. */
export function isSoundState(state: PhoneState | undefined): boolean {
  if (!state) return false
  const { communityId, memberId, deviceId, incarnation, nextN, membership, reached, generation, offsetMs } = state
  const names = [communityId, memberId, deviceId, incarnation]
  const counts = [nextN, membership, reached, generation, offsetMs]
  return names.every((name) => typeof name === 'string') && counts.every(Number.isSafeInteger) && nextN > 0
}

/**
 * Looks at every pulled row once. A row that cannot be what its kind says would break the screen that shows it; it is
 * taken off and pulled again. What came with the last such download stays: that is what the server says.
 *
 * @param breathe resolves when there is time for the next slice
 * @returns how many rows were taken off
 */
export async function weedRecords(database: Database, breathe: () => Promise<void>): Promise<number> {
  const { records, phone } = database
  if ((await readPhone(database)).weededIn === (await readPhone(database)).generation) return 0
  let weeded = 0
  for (let last = ['', '', '']; ;) {
    await breathe()
    const rows = await records.where('[scope+kind+id]').above(last).limit(ROWS_AT_ONCE).toArray()
    const bad = rows.filter(({ kind, id, body }) => !looksLikeKind(kind, id, body))
    if (bad.length > 0) await records.bulkDelete(bad.map(({ scope, kind, id }) => [scope, kind, id]))
    weeded += bad.length
    const end = rows.at(-1)
    if (!end || rows.length < ROWS_AT_ONCE) break
    last = [end.scope, end.kind, end.id]
  }
  if (weeded === 0) return 0
  await downloadAgain(database)
  await phone.update('phone', { weededIn: (await readPhone(database)).generation })
  return weeded
}
