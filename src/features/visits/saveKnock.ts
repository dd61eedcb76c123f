import { here, save } from '../../db/here.ts'
import { readLastDeed, readOpenSession } from '../../db/read.ts'
import { mintId } from '../../domain/hash.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { endOfEvening } from '../../domain/service/endOfEvening.ts'
import { localDate } from '../../domain/times.ts'
import { refusalWords } from '../../messages/refusals.ts'
import { visitMessages } from '../../messages/visits.ts'
import type { Kept } from './deed.ts'
import { recall } from './place.ts'
import { wordTrouble } from './wordTrouble.ts'

/** Tonight's session, once it was looked up or begun. */
export interface Evening {
  sessionId: string | null
  /** The local day for which that holds; '' before the first look. */
  date: string
}

export interface Knock {
  stairwellId: string
  roundId: string
  doorId: string
  level: number
  label: string
  outcome: Outcome
}

/** Saves one knock, in tonight's session. Resolves when it would survive a dead battery, or with the reason why not. */
export async function saveKnock(knock: Knock, moment: number, evening: Evening): Promise<Kept> {
  try {
    const sessionId = await ensureSession(knock.roundId, moment, evening)
    const committed = await save('visit/record', { ...knock, sessionId })
    if (committed.saved) return { saved: true, visitId: mintId(committed.id, '0') }
    return { saved: false, why: visitMessages.trouble.refused + refusalWords[committed.code] }
  } catch (error) {
    return { saved: false, why: wordTrouble(error) }
  }
}

/** Takes a knock back. Answers with the reason when it stands. */
export async function takeBack(stairwellId: string, visitId: string, doorId: string): Promise<string | null> {
  try {
    const committed = await save('visit/void', { visitId, stairwellId, doorId })
    return committed.saved ? null : refusalWords[committed.code]
  } catch (error) {
    console.error('taking back', error)
    return visitMessages.trouble.notUndone
  }
}

/**
 * Tonight's session: the one under way, or a new one that begins with this knock. One that was left open on an earlier
 * day is ended first, at its own last knock. Without a session the knock would still count, so a refusal is no trouble.
 *
 * @param moment ms on the server's clock
 * @param evening what was found before; kept up to date
 */
export async function ensureSession(roundId: string, moment: number, evening: Evening): Promise<string | null> {
  const date = localDate(moment)
  if (evening.date !== date) Object.assign(evening, { sessionId: await findSession(roundId, moment), date })
  return evening.sessionId
}

async function findSession(roundId: string, moment: number): Promise<string | null> {
  const open = await readOpenSession()
  if (open && localDate(open.startedAt) === localDate(moment)) return open.id
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
