import { deedOf, here } from '../../db/here.ts'
import type { Deed } from '../../db/commit.ts'
import { readOpenSession } from '../../db/read.ts'
import { mintId } from '../../domain/hash.ts'
import { localDate } from '../../domain/times.ts'
import { recall } from './place.ts'

/** Tonight's session, as a screen knows it. */
export interface Evening {
  /** Where it does not begin (the rules may refuse it), a deed that names it counts for no evening. */
  sessionId: string
  /** What begins it, saved together with the first deed that counts for it; empty when it is under way. */
  opening: readonly Deed[]
  /** The local day for which that holds. */
  date: string
}

/**
 * Tonight's session: the one under way, or a new one that begins with the next deed. One that was left open on an earlier
 * day is ended first, at its own last knock.
 *
 * @param moment ms on the server's clock
 */
export async function planEvening(roundId: string, moment: number): Promise<Evening> {
  const date = localDate(moment)
  const open = await readOpenSession()
  if (open && localDate(open.startedAt) === date) return { sessionId: open.id, opening: [], date }
  const opening: Deed[] = []
  if (open) opening.push(await (await import('./endForgotten.ts')).endForgotten(open, moment))
  const partnerIds = recall()
    .partnerIds.filter((id) => id !== here().memberId)
    .slice(0, 4)
  const start = deedOf('session/start', { roundId, partnerIds })
  return { sessionId: mintId(start.id, '0'), opening: [...opening, start], date }
}
