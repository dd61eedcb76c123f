import { save } from '../../db/here.ts'
import { mintId } from '../../domain/hash.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { localDate } from '../../domain/times.ts'
import { refusalWords } from '../../messages/refusals.ts'
import { visitMessages } from '../../messages/visits.ts'
import { beginEvening, findEvening } from './beginEvening.ts'
import type { Kept } from './deed.ts'
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
 * Tonight's session, begun when there is none.
 *
 * @param moment ms on the server's clock
 * @param evening what was found before; kept up to date
 * @returns `null` when the rules refuse one: a knock without a session still counts
 */
export async function ensureSession(roundId: string, moment: number, evening: Evening): Promise<string | null> {
  const date = localDate(moment)
  if (evening.date !== date) Object.assign(evening, { sessionId: await beginEvening(roundId, moment), date })
  return evening.sessionId
}

/** Looks tonight's session up before anybody knocks, so that the first knock need not. */
export async function lookUpEvening(moment: number, evening: Evening): Promise<void> {
  const date = localDate(moment)
  if (evening.date === date) return
  const sessionId = await findEvening(moment)
  if (sessionId && evening.date !== date) Object.assign(evening, { sessionId, date })
}
