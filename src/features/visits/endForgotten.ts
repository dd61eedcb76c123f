import type { Deed } from '../../db/commit.ts'
import { deedOf } from '../../db/here.ts'
import { readLastDeed } from '../../db/readLastDeed.ts'
import type { Session } from '../../domain/records/session.ts'
import { endOfEvening } from '../../domain/service/endOfEvening.ts'

/** Ends an evening that was left open on an earlier day, at its own last knock. @param moment ms on the server's clock */
export async function endForgotten({ id, startedAt }: Session, moment: number): Promise<Deed> {
  const endedAt = endOfEvening(startedAt, await readLastDeed(startedAt), moment)
  return deedOf('session/end', { sessionId: id, sentence: '', endedAt })
}
