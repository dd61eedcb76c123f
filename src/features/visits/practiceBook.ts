import { shallowRef, type ShallowRef } from 'vue'
import { applyToFacade, emptyFacade, type Facade, type FacadeEvent } from '../../domain/coverage/facade.ts'
import { shareOutcome } from '../../domain/outcome.ts'
import type { DoNotKnock } from '../../domain/records/doNotKnock.ts'
import type { Door, Stairwell } from '../../domain/records/stairwell.ts'
import type { Visit } from '../../domain/records/visit.ts'
import { visitDialogs } from '../../messages/visitDialogs.ts'
import type { KnockBook } from './useKnocking.ts'

const STAIRWELL_ID = 'practice-stairwell'
const ROUND_ID = 'practice-round-1'
const FLOORS = 6

/** A stairwell of invented doors. */
export function practiceLayout(): Stairwell {
  const doors: Door[] = []
  for (let level = 1; level <= FLOORS; level++) {
    for (const column of [0, 1]) {
      const label = `${level}0${column + 1}`
      doors.push({ id: `practice-door-${label}`, label, level, kind: 'home', column, state: 'confirmed' })
    }
  }
  const { estate, building, stairwell } = visitDialogs.practice
  const floors = Array.from({ length: FLOORS }, (_, index) => ({ level: index + 1, label: String(index + 1) }))
  const note = { accessNote: '', accessNoteRevision: 0 }
  return { id: STAIRWELL_ID, estate, building, stairwell, floors, doors, ...note, revision: 0, sample: true }
}

/** A book that forgets: the same projections in memory, and no database anywhere near. */
export interface PracticeBook extends KnockBook {
  facade: Readonly<ShallowRef<Facade>>
  wishes: Readonly<ShallowRef<readonly DoNotKnock[]>>
  /** Marks a visit as having had a question. */
  quiz(visitId: string): void
  reset(): void
}

/** @param now the clock, ms */
export function openPracticeBook(now: () => number): PracticeBook {
  const facade = shallowRef(emptyFacade(STAIRWELL_ID, ROUND_ID))
  const wishes = shallowRef<readonly DoNotKnock[]>([])
  const visits = new Map<string, Visit>()
  let count = 0

  function event(visit: Visit) {
    const { id, stairwellId, roundId, doorId, recordedBy } = visit
    return { id: `${id}-event`, visitId: id, stairwellId, roundId, doorId, sessionId: null, recordedBy }
  }

  function apply(what: FacadeEvent): void {
    const next = { ...facade.value, doors: { ...facade.value.doors } }
    applyToFacade(next, what)
    facade.value = next
  }

  return {
    facade,
    wishes,
    async record({ doorId, level, label }, outcome) {
      const visitId = `practice-visit-${++count}`
      const shared = shareOutcome(outcome)
      const place = { stairwellId: STAIRWELL_ID, roundId: ROUND_ID, doorId, level, label }
      const who = { sessionId: null, recordedBy: 'practice', visitedAt: now() }
      const visit: Visit = { id: visitId, ...place, outcome: shared, ...who }
      visits.set(visitId, visit)
      apply({ kind: 'visit', before: null, after: visit })
      if (shared === 'doNotKnock') {
        const wish = {
          id: `wish-${doorId}`,
          stairwellId: STAIRWELL_ID,
          doorId,
          since: now(),
          until: now() + 31_536_000_000,
        }
        wishes.value = [...wishes.value, { ...wish, askedBy: 'door', visitId }]
      }
      return { saved: true, visitId }
    },
    async takeBack(visitId) {
      const visit = visits.get(visitId)
      if (!visit) return null
      apply({ kind: 'visitVoid', before: null, after: { ...event(visit), voidedAt: now() } })
      wishes.value = wishes.value.filter((wish) => wish.visitId !== visitId)
      return null
    },
    quiz(visitId) {
      const visit = visits.get(visitId)
      if (!visit) return
      apply({ kind: 'quizTaken', before: null, after: event(visit) })
    },
    reset() {
      facade.value = emptyFacade(STAIRWELL_ID, ROUND_ID)
      wishes.value = []
      visits.clear()
    },
  }
}
