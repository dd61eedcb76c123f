import type { Change } from '../domain/record.ts'
import { newId, numberAnew, readPhone, type Database, type PhoneState } from './database.ts'
import type { Seam } from './seam.ts'

/**
 * Begins a new numbering of what is unsent, in its order: after a fork or a gap, where the server's numbers and the
 * phone's no longer meet (SYNC-2). Commands keep their ids, so whatever the server knows already it answers as before.
 *
 * @param incarnation the numbering that failed; another tab may have begun a new one already, and then nothing happens
 * @param alarm what the phone must tell its member: it fell back, or numbers are missing
 */
export async function renumber(
  database: Database,
  rng: Seam['rng'],
  incarnation: string,
  alarm: PhoneState['alarm'],
): Promise<void> {
  await database.transaction('rw', database.outbox, database.phone, async () => {
    const state = await readPhone(database)
    if (state.incarnation !== incarnation) return
    const nextN = await numberAnew(database, ['pending'])
    await database.phone.put({ ...state, nextN, incarnation: newId(rng), alarm: alarm ?? state.alarm })
  })
}

/**
 * The server's history is another one (a restored backup): everything is downloaded anew, and what was acknowledged in
 * the last days is offered again with the place it had, under a new numbering (SYNC-8). Rows stay visible meanwhile.
 *
 * @param incarnation the numbering that met the other history; nothing happens when it is over already
 * @param reofferMs how far back acknowledged commands are offered again, ms before the last finished sync
 */
export async function startOver(
  database: Database,
  rng: Seam['rng'],
  incarnation: string,
  reofferMs: number,
): Promise<void> {
  const { outbox, sent, phone, shadow } = database
  await database.transaction('rw', [outbox, sent, phone, shadow], async () => {
    const state = await readPhone(database)
    if (state.incarnation !== incarnation) return
    const waiting = await outbox.orderBy('seq').toArray()
    const known = new Set(waiting.map((entry) => entry.id))
    const oldestAt = (state.syncedAt ?? 0) - reofferMs
    const again = (await sent.orderBy('[at+clock]').toArray()).filter(({ id, at }) => at >= oldestAt && !known.has(id))
    // What was acknowledged goes first: later commands may stand on it. Answers of the lost history mean nothing now.
    const offered = again.map(({ command, changes, reads, epoch, clock }) => {
      return { ...command, changes, reads, formerly: { epoch, clock } }
    })
    const unsettled = waiting.flatMap((entry) => {
      if (entry.state === 'refused') return []
      // Also what was never answered stood in the old history: the facts it needs may be on their way on another phone.
      const stood =
        state.epoch === null ? {} : { formerly: { epoch: state.epoch, clock: entry.clock ?? state.reached } }
      return [{ ...stood, ...entry }]
    })
    const refused = waiting.filter((entry) => entry.state === 'refused')
    await outbox.clear()
    const fresh = { state: 'pending' as const, clock: null, code: null, until: null }
    let n = 0
    for (const entry of [...offered, ...unsettled]) await outbox.add({ ...unplaced(entry), ...fresh, n: ++n })
    for (const entry of refused) await outbox.add(unplaced(entry))
    for (const entry of offered) await shadowAbsent(database, entry.changes, state.generation)
    await sent.clear()
    const anew = { epoch: null, cursor: null, membership: 0, reached: 0 }
    const download = { sweeping: true, generation: state.generation + 1 }
    await phone.put({ ...state, ...anew, ...download, incarnation: newId(rng), nextN: n + 1 })
  })
}

/** The entry without its place in the old order. */
function unplaced<E extends object>(entry: E): Omit<E, 'seq'> {
  const { seq: _seq, ...rest } = entry as E & { seq?: number }
  return rest
}

/** The restored server may not have these rows: until it says otherwise they stand on nothing. */
async function shadowAbsent(database: Database, changes: readonly Change[], generation: number): Promise<void> {
  for (const { kind, id, scope } of changes) {
    if (await database.shadow.get([kind, id])) continue
    await database.shadow.put({ kind, id, scope, body: null, generation })
  }
}

/** A cursor that the server no longer knows: download anew, keep the lane and everything in it. */
export async function forgetCursor(database: Database, cursor: string): Promise<void> {
  await database.transaction('rw', database.phone, async () => {
    const state = await readPhone(database)
    if (state.cursor !== cursor) return
    const anew = { cursor: null, reached: 0, sweeping: true, generation: state.generation + 1 }
    await database.phone.put({ ...state, ...anew })
  })
}
