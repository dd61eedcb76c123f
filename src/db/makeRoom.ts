import { communityScope } from '../domain/record.ts'
import type { Round } from '../domain/records/round.ts'
import { orderEvictions, type Eviction, type Spare } from '../domain/storageBudget.ts'
import { DAY_MS, LIMITS } from '../protocol/limits.ts'
import { readPhone, type Database } from './database.ts'
import { slices } from './overlay.ts'

/** What happened in a round, by kind. Documents and whatever is a member's own stay. */
const EVENT_KINDS = ['visit', 'visitVoid', 'noEntry', 'quizTaken', 'quizAnswer'] as const

/**
 * Lets go what this phone can do without, in the order of the budget, until there is room or nothing is left to let go.
 * Whatever is unsent, held or refused, and every row that it wrote or looks at, is never touched.
 *
 * @param hasRoom asked before each step
 * @returns how many rows went
 */
export async function makeRoom(database: Database, hasRoom: () => Promise<boolean>): Promise<number> {
  let gone = 0
  for (const eviction of orderEvictions(await listSpare(database))) {
    if (await hasRoom()) break
    gone += await evict(database, eviction)
  }
  if (gone > 0) {
    const { evicted = 0 } = await readPhone(database)
    await database.phone.update('phone', { evicted: evicted + gone })
  }
  return gone
}

/** What could go. */
async function listSpare(database: Database): Promise<Spare> {
  const { records, sent } = database
  const scope = communityScope
  const rows = await records
    .where('[scope+kind+id]')
    .between([scope, 'round', ''], [scope, 'round', '\uffff'])
    .toArray()
  const rounds = rows.map((row) => row.body as Round)
  const closedRounds = rounds
    .filter(({ state }) => state === 'closed')
    .map(({ id, number }) => ({ roundId: id, number }))
  const sentTooOld = await sent
    .where('at')
    .below(await oldestOffer(database))
    .count()
  return { sentTooOld, closedRounds }
}

/** Older acknowledged commands are offered to no restored server any more (SYNC-8). */
async function oldestOffer(database: Database): Promise<number> {
  return ((await readPhone(database)).syncedAt ?? 0) - LIMITS.reofferDays * DAY_MS
}

async function evict(database: Database, eviction: Eviction): Promise<number> {
  if (eviction.what === 'sentTooOld')
    return database.sent
      .where('at')
      .below(await oldestOffer(database))
      .delete()
  return evictRound(database, eviction.roundId)
}

async function evictRound(database: Database, roundId: string): Promise<number> {
  const { records, outbox, shadow } = database
  let gone = 0
  for (const kind of EVENT_KINDS) {
    const rows = await records.where('[kind+id]').between([kind, ''], [kind, '\uffff']).toArray()
    const old = rows.filter(({ body }) => (body as { roundId?: string }).roundId === roundId)
    for (const slice of slices(old)) {
      // What is unsent is asked for in the transaction that deletes: a tap may come between two of them.
      gone += await database.transaction('rw', records, outbox, shadow, async () => {
        const entries = await outbox.toArray()
        const kept = new Set(entries.flatMap(({ changes, reads }) => [...changes, ...reads]).map(({ id }) => id))
        const shadowed = await shadow.bulkGet(slice.map((row) => [row.kind, row.id]))
        const free = slice.filter(({ id }, index) => !kept.has(id) && shadowed[index] === undefined)
        await records.bulkDelete(free.map(({ scope, kind: of, id }) => [scope, of, id]))
        return free.length
      })
    }
  }
  return gone
}
