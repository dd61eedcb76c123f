import { isEventKind } from '../domain/kinds.ts'
import type { Change } from '../domain/record.ts'
import { numberAnew } from './adoptPhone.ts'
import { type Database, newId, type PhoneState, putPhone, readPhone } from './database.ts'
import type { Seam } from './seam.ts'
import { slices } from './overlay.ts'
import { changeOf } from './PendingWork.ts'
import { talliesOf } from './tallies.ts'
import { keyOf, touchesOf } from './touches.ts'

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
    const noticed = alarm ? { alarm, atMost: null, loss: null } : {}
    await putPhone(database, { ...state, ...noticed, nextN, incarnation: newId(rng), lanes: (state.lanes ?? 0) + 1 })
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
  const { outbox, sent, phone, shadow, records } = database
  await database.transaction('rw', [outbox, sent, phone, shadow, records], async () => {
    const state = await readPhone(database)
    if (state.incarnation !== incarnation) return
    const waiting = await outbox.orderBy('seq').toArray()
    const known = new Set(waiting.map((entry) => entry.id))
    const oldestAt = (state.syncedAt ?? 0) - reofferMs
    const again = (await sent.orderBy('order').toArray()).filter(({ id, at }) => at >= oldestAt && !known.has(id))
    // What was acknowledged goes first: later commands may stand on it. Answers of the lost history mean nothing now.
    const standing = await readEvents(
      database,
      again.flatMap(({ changes }) => changes),
    )
    const offered = again.map(({ command, changes: written, reads, epoch, clock }) => {
      const changes = written.map((change) => standing.get(keyOf(change)) ?? change)
      return {
        ...command,
        changes,
        reads,
        touches: touchesOf(changes, reads),
        formerly: { epoch, clock },
        offered: true as const,
      }
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
    const pending = [...offered, ...unsettled].map((entry, index) => ({ ...unplaced(entry), ...fresh, n: index + 1 }))
    for (const slice of slices([...pending, ...refused.map(unplaced)])) await outbox.bulkAdd(slice)
    await shadowOffered(
      database,
      offered.flatMap((entry) => entry.changes),
      state.generation,
    )
    await sent.clear()
    const anew = { epoch: null, cursor: null, membership: 0, reached: 0 }
    const download = { sweeping: true, generation: state.generation + 1 }
    const lane = { incarnation: newId(rng), lanes: (state.lanes ?? 0) + 1, nextN: pending.length + 1 }
    await putPhone(database, { ...state, ...anew, ...download, ...lane })
  })
}

/** The entry without its place in the old order. */
function unplaced<E extends object>(entry: E): Omit<E, 'seq'> {
  const { seq: _seq, ...rest } = entry as E & { seq?: number }
  return rest
}

/**
 * What happened, as it stands here since the server took it in: it may have put a visit to another door than the phone
 * had (two people added the same one). It goes on standing so while it is offered again.
 */
async function readEvents(database: Database, changes: readonly Change[]): Promise<ReadonlyMap<string, Change>> {
  const events = changes.filter(({ kind, body }) => isEventKind(kind) && body !== null)
  const standing = new Map<string, Change>()
  for (const slice of slices(events)) {
    const rows = await database.records.bulkGet(slice.map(({ scope, kind, id }) => [scope, kind, id]))
    for (const row of rows) if (row) standing.set(keyOf(row), changeOf(row))
  }
  return standing
}

/**
 * What the offered commands had changed is the server's until now; what the restored server does not speak of in its
 * first download, it has not.
 */
async function shadowOffered(database: Database, changes: readonly Change[], generation: number): Promise<void> {
  const refs = [...changes, ...talliesOf(changes)]
  for (const slice of slices(refs)) {
    const known = await database.shadow.bulkGet(slice.map(({ kind, id }) => [kind, id]))
    const fresh = slice.filter((_ref, index) => known[index] === undefined)
    const rows = await database.records.bulkGet(fresh.map(({ scope, kind, id }) => [scope, kind, id]))
    const shadows = fresh.map(({ kind, id, scope }, index) => {
      return { kind, id, scope, body: rows[index]?.body ?? null, generation }
    })
    await database.shadow.bulkPut(shadows)
  }
}

/** A cursor that the server no longer knows: download anew, keep the lane and everything in it. */
export async function forgetCursor(database: Database, cursor: string): Promise<void> {
  await database.transaction('rw', database.phone, async () => {
    const state = await readPhone(database)
    if (state.cursor !== cursor) return
    const anew = { cursor: null, reached: 0, sweeping: true, generation: state.generation + 1 }
    await putPhone(database, { ...state, ...anew })
  })
}

/** Everything is pulled anew; what is unsent, and the lane it goes by, stays as it is. */
export async function downloadAgain(database: Database): Promise<void> {
  await database.transaction('rw', database.phone, async () => {
    const state = await readPhone(database)
    const anew = { cursor: null, reached: 0, sweeping: true, generation: state.generation + 1 }
    await putPhone(database, { ...state, ...anew })
  })
}
