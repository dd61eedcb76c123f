import type { Facade } from '../../domain/coverage/facade.ts'
import { facadeMessages, windowWords } from '../../messages/facade.ts'
import { visitMessages } from '../../messages/visits.ts'
import type { Deed } from './deed.ts'

/** A deed as the standing line says it, and whether it can still be taken back. */
export interface DeedLine {
  text: string
  canUndo: boolean
}

/**
 * Words the last gesture. A quiz that followed, or an undo that came from elsewhere, is read off the façade.
 *
 * @param facade the stairwell's marks in this round
 */
export function wordDeed(deed: Deed, facade: Facade | undefined): DeedLine | null {
  const first = deed.visits[0]
  if (!first) return null
  const marks = deed.visits.map(({ visitId, doorId }) => facade?.doors[doorId]?.[visitId])
  const isUndone = deed.undone || marks.every((mark) => mark?.voided)
  const isQuizzed = deed.visits.length === 1 && marks[0]?.quizzed
  const word = windowWords[isQuizzed ? 'quizzed' : deed.state]
  const { last, lastFloor, undone, undoneDoor, undoneFloor } = visitMessages.door
  if (deed.floor === null) {
    const text = isUndone ? undone(undoneDoor(first.label, word)) : last(first.label, word)
    return { text, canUndo: !isUndone }
  }
  const floor = facadeMessages.floor(deed.floor)
  const count = deed.visits.length
  const text = isUndone ? undone(undoneFloor(floor, count, word)) : lastFloor(floor, count, word)
  return { text, canUndo: !isUndone }
}
