import { here, save } from '../../db/here.ts'
import { readLastDeed } from '../../db/readLastDeed.ts'
import { readOpenSession } from '../../db/read.ts'
import { mintId } from '../../domain/hash.ts'
import { endOfEvening } from '../../domain/service/endOfEvening.ts'
import { localDate } from '../../domain/times.ts'
import { recall } from './place.ts'

/** The session that was begun today and is under way; `null` when there is none. */
export async function findEvening(moment: number): Promise<string | null> {
  const open = await readOpenSession()
  return open && isTonight(open.startedAt, moment) ? open.id : null
}

const isTonight = (startedAt: number, moment: number): boolean => localDate(startedAt) === localDate(moment)

/**
 * Tonight's session: the one under way, or a new one that begins with this knock. One that was left open on an earlier
 * day is ended first, at its own last knock. When the rules refuse a new one there is none.
 *
 * @param moment ms on the server's clock
 */
export async function beginEvening(roundId: string, moment: number): Promise<string | null> {
  const open = await readOpenSession()
  if (open && isTonight(open.startedAt, moment)) return open.id
  if (open) {
    const endedAt = endOfEvening(open.startedAt, await readLastDeed(open.startedAt), moment)
    await save('session/end', { sessionId: open.id, sentence: '', endedAt })
  }
  const partnerIds = recall()
    .partnerIds.filter((id) => id !== here().memberId)
    .slice(0, 4)
  const started = await save('session/start', { roundId, partnerIds })
  return started.saved ? mintId(started.id, '0') : null
}
