import { save } from '../../db/here.ts'
import type { Refusal } from '../../domain/command.ts'
import { mintId } from '../../domain/hash.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { visitMessages } from '../../messages/visits.ts'
import type { Kept } from './deed.ts'
import type { Tonight } from './Tonight.ts'
import { wordTrouble } from './wordTrouble.ts'

export interface Knock {
  stairwellId: string
  roundId: string
  doorId: string
  level: number
  label: string
  outcome: Outcome
}

/** Saves one knock, in tonight's session. Resolves when it would survive a dead battery, or with the reason why not. */
export async function saveKnock(knock: Knock, moment: number, tonight: Tonight): Promise<Kept> {
  try {
    const committed = await tonight.save('visit/record', knock, moment)
    if (committed.saved) return { saved: true, visitId: mintId(committed.id, '0') }
    return { saved: false, why: visitMessages.trouble.refused + (await wordRefusal(committed.code)) }
  } catch (error) {
    return { saved: false, why: wordTrouble(error) }
  }
}

/** At a door the rules seldom say no: the words for it come when they do. */
async function wordRefusal(code: Refusal): Promise<string> {
  return (await import('../../messages/refusals.ts')).refusalWords[code]
}

/** Takes a knock back. Answers with the reason when it stands. */
export async function takeBack(stairwellId: string, visitId: string, doorId: string): Promise<string | null> {
  try {
    const committed = await save('visit/void', { visitId, stairwellId, doorId })
    return committed.saved ? null : await wordRefusal(committed.code)
  } catch (error) {
    console.error('taking back', error)
    return visitMessages.trouble.notUndone
  }
}
