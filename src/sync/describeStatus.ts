import type { QueueCounts } from '../db/outbox.ts'
import type { Reach } from './status.ts'

/** What the status line says, without its words. */
export type StatusCode =
  | 'synced'
  | 'waiting'
  | 'offline'
  | 'offlineWaiting'
  | 'refused'
  | 'held'
  | 'connecting'
  | 'pending'
  | 'signedOut'
  | 'revoked'
  | 'tooOld'

/** One state for the line, its number, and what stands beside it because the line has room for one thing only. */
export interface StatusSaid {
  code: StatusCode
  /** The number in the sentence; 0 where it has none. */
  count: number
  /** Saved things that wait for the network and that the sentence does not count. */
  alsoWaiting: number
  tone: 'ok' | 'waiting' | 'attention'
}

/**
 * Decides what the permanent status line says. What only a person can mend comes first; 已同步 is said only when nothing
 * is left in the queue and the last pull ended.
 *
 * @param reach how the last finished cycle went, `unknown` before the first
 */
export function describeStatus(reach: Reach, counts: QueueCounts): StatusSaid {
  const { waiting, held, refused } = counts
  const say = (code: StatusCode, tone: StatusSaid['tone'], count = 0): StatusSaid => {
    const counted = code === 'waiting' || code === 'offlineWaiting'
    return { code, count, alsoWaiting: counted ? 0 : waiting, tone }
  }
  if (reach === 'revoked' || reach === 'signedOut') return say(reach, 'attention')
  if (refused > 0) return say('refused', 'attention', refused)
  if (reach === 'tooOld') return say('tooOld', 'attention')
  if (reach === 'pending') return say('pending', 'waiting')
  if (reach === 'offline') return waiting > 0 ? say('offlineWaiting', 'waiting', waiting) : say('offline', 'waiting')
  if (waiting > 0) return say('waiting', 'waiting', waiting)
  if (held > 0) return say('held', 'waiting', held)
  return reach === 'online' ? say('synced', 'ok') : say('connecting', 'waiting')
}
