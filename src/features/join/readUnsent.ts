import { hereIfOpen } from '../../db/here.ts'

/**
 * Whose unsent work lies on this phone and how much of it: a phone whose cookie was lost still has its outbox. What waits
 * for this phone to be confirmed is not there yet either.
 *
 * @returns `null` before anybody has joined
 */
export async function readUnsent(): Promise<{ memberId: string; count: number } | null> {
  const phone = hereIfOpen()
  if (!phone) return null
  const open = await phone.database.outbox.where('state').anyOf(['pending', 'held']).toArray()
  const count = open.filter(({ state, until }) => state === 'pending' || until === 'pendingDevice').length
  return { memberId: phone.memberId, count }
}
