import type { Outcome } from '../../domain/outcome.ts'
import { outcomeWords } from '../../messages/outcomes.ts'
import { visitMessages } from '../../messages/visits.ts'
import type { OutcomeItem } from '../../ui/OutcomeGrid.vue'

/** What can be tapped at a door: an outcome, or a question, which means met. */
export type DoorAction = Outcome | 'quiz'

/** After these two the conversation goes on, so the sheet stays at the door. */
export function staysAtDoor(outcome: Outcome): boolean {
  return outcome === 'met' || outcome === 'brief'
}

/**
 * The buttons of the door sheet, in the order of how often they are needed.
 *
 * @param nextLabel the door that comes after this one; `null` when it is the last
 */
export function outcomeItems(nextLabel: string | null): OutcomeItem[] {
  const { hints, quiz } = visitMessages.door
  const onwards = nextLabel === null ? hints.last : hints.next(nextLabel)
  return [
    { id: 'notHome', label: outcomeWords.notHome, hint: onwards, weight: 'night' },
    { id: 'met', label: outcomeWords.met, weight: 'lamp' },
    { id: 'brief', label: outcomeWords.brief, weight: 'plain' },
    { id: 'quiz', label: quiz, hint: hints.quiz, weight: 'lamp' },
    { id: 'postponed', label: outcomeWords.postponed, hint: hints.postponed, weight: 'plain' },
    { id: 'refused', label: outcomeWords.refused, hint: hints.refused, weight: 'plain' },
    ...(['minorOnly', 'doNotKnock', 'vacant', 'notAHome', 'notFound'] as const).map((id): OutcomeItem => ({
      id,
      label: outcomeWords[id],
      weight: 'chip',
    })),
  ]
}
