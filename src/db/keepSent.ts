import { DAY_MS, LIMITS } from '../protocol/limits.ts'
import type { Database, OutboxEntry } from './database.ts'
import { slices } from './overlay.ts'
import { UNSEEN_AT_ONCE } from './PendingWork.ts'

/** Keeps what was acknowledged for as long as a restored server may need it again (SYNC-8). */
export async function keepSent(
  { sent }: Database,
  retired: readonly OutboxEntry[],
  { epoch, serverTime }: { epoch: string; serverTime: number },
): Promise<void> {
  if (retired.length === 0) return
  const kept = retired.map(({ seq, id, verb, version, args, claimedAt, offsetMs, after, clock, changes, reads }) => {
    const command = { id, verb, version, args, claimedAt, offsetMs, after }
    return { id, at: serverTime, order: seq!, epoch, clock: clock ?? 0, command, changes, reads }
  })
  for (const slice of slices(kept, UNSEEN_AT_ONCE)) await sent.bulkPut(slice)
  await sent
    .where('at')
    .below(serverTime - LIMITS.reofferDays * DAY_MS)
    .delete()
}
