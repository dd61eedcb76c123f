import type { Change } from '../domain/record.ts'
import { newId, readPhone, type Database, type PhoneState } from './database.ts'
import type { Seam } from './seam.ts'

/**
 * Begins a new numbering of what is unsent, in its order: after a fork or a gap, where the server's numbers and the
 * phone's no longer meet (SYNC-2). Commands keep their ids, so whatever the server knows already it answers as before.
 *
 * @param alarm what the phone must tell its member: it fell back, or numbers are missing
 */
export async function renumber(database: Database, rng: Seam['rng'], alarm: PhoneState['alarm']): Promise<void> {
  await database.transaction('rw', database.outbox, database.phone, async () => {
    const state = await readPhone(database)
    await database.phone.put({ ...state, ...(await numberAnew(database)), incarnation: newId(rng), alarm })
  })
}

async function numberAnew(database: Database): Promise<{ nextN: number }> {
  const entries = (await database.outbox.orderBy('seq').toArray()).filter((entry) => entry.state === 'pending')
  await database.outbox.bulkPut(entries.map((entry, index) => ({ ...entry, n: index + 1 })))
  return { nextN: entries.length + 1 }
}

/**
 * The server's history is another one (a restored backup): everything is downloaded anew, and what was acknowledged in
 * the last days is offered again with the place it had, under a new numbering (SYNC-8). Rows stay visible meanwhile.
 *
 * @param oldestAt acknowledged commands from before this moment are let go, ms on this phone's clock
 */
export async function startOver(
  database: Database,
  rng: Seam['rng'],
  epoch: string | null,
  oldestAt: number,
): Promise<void> {
  const { outbox, sent, phone, shadow } = database
  await database.transaction('rw', [outbox, sent, phone, shadow], async () => {
    const state = await readPhone(database)
    const waiting = await outbox.orderBy('seq').toArray()
    const known = new Set(waiting.map((entry) => entry.id))
    const again = (await sent.orderBy('at').toArray()).filter((entry) => entry.at >= oldestAt && !known.has(entry.id))
    // What was acknowledged goes first: later commands may stand on it. Answers of the lost history mean nothing now.
    const offered = again.map(({ command, changes, reads, epoch: formerEpoch, clock }) => ({
      ...command,
      changes,
      reads,
      formerly: { epoch: formerEpoch, clock },
    }))
    const unsettled = waiting.filter((entry) => entry.state !== 'refused')
    const refused = waiting.filter((entry) => entry.state === 'refused')
    await outbox.clear()
    const fresh = { state: 'pending' as const, clock: null, code: null, until: null }
    let n = 0
    for (const entry of [...offered, ...unsettled]) await outbox.add({ ...unplaced(entry), ...fresh, n: ++n })
    for (const entry of refused) await outbox.add(unplaced(entry))
    for (const entry of offered) await shadowAbsent(database, entry.changes)
    await sent.clear()
    const anew = { epoch, cursor: null, membership: 0, reached: 0, sweeping: true, generation: state.generation + 1 }
    await phone.put({ ...state, ...anew, incarnation: newId(rng), nextN: n + 1 })
  })
}

/** The entry without its place in the old order. */
function unplaced<E extends object>(entry: E): Omit<E, 'seq'> {
  const { seq: _seq, ...rest } = entry as E & { seq?: number }
  return rest
}

/** The restored server may not have these rows: until it says otherwise they stand on nothing. */
async function shadowAbsent(database: Database, changes: readonly Change[]): Promise<void> {
  for (const { kind, id, scope } of changes) {
    if (!(await database.shadow.get([kind, id]))) await database.shadow.put({ kind, id, scope, body: null })
  }
}

/** A cursor that the server no longer knows: download anew, keep the lane and everything in it. */
export async function forgetCursor(database: Database): Promise<void> {
  await database.transaction('rw', database.phone, async () => {
    const state = await readPhone(database)
    const anew = { cursor: null, reached: 0, sweeping: true, generation: state.generation + 1 }
    await database.phone.put({ ...state, ...anew })
  })
}
