import { computed, shallowRef, watch, type ComputedRef, type WatchSource } from 'vue'
import { useLiveQuery } from '../../db/useLiveQuery.ts'
import { emptyFacade, type Facade, type VisitMark } from '../../domain/coverage/facade.ts'

/** A mark that was saved a moment ago, until the live query brings the row that holds it. */
interface Ahead {
  doorId: string
  visitId: string
  mark: VisitMark
}

/**
 * The façade row of a stairwell, live. On an old phone it takes longer to read 5,000 marks again than to save one, so
 * what was saved is shown at once over the last row, and let go when the next row has it. Nothing is shown that is not
 * saved.
 *
 * @param query reads the row; `null` while it cannot be read yet, `undefined` when there is none
 */
export function useFacadeRow(
  query: () => Promise<Facade | undefined | null>,
  deps: readonly WatchSource[],
): { facade: ComputedRef<Facade | undefined | null>; show: (ahead: Ahead) => void } {
  const row = useLiveQuery<Facade | undefined | null>(query, null, deps)
  const ahead = shallowRef<readonly Ahead[]>([])
  watch(row, (fresh) => {
    const missing = ahead.value.filter(({ doorId, visitId, mark }) => {
      const known = fresh?.doors[doorId]?.[visitId]
      return !known || (mark.voided === true && !known.voided)
    })
    if (missing.length < ahead.value.length) ahead.value = missing
  })
  const facade = computed<Facade | undefined | null>((shown) => {
    const next = merged()
    return shown && next && sameMarks(shown, next) ? shown : next
  })
  function merged(): Facade | undefined | null {
    if (ahead.value.length === 0 || row.value === null) return row.value
    // Before the first knock of a round there is no row; its own names are never looked at here.
    const base = row.value ?? emptyFacade('', '')
    const doors = { ...base.doors }
    for (const { doorId, visitId, mark } of ahead.value) {
      const visits = doors[doorId] ?? {}
      doors[doorId] = { ...visits, [visitId]: { ...visits[visitId], ...mark } }
    }
    return { ...base, doors }
  }
  return {
    facade,
    show(mark) {
      ahead.value = [...ahead.value, mark]
    },
  }
}

/** Whether two rows would be drawn alike: then the one that is drawn stays, and nothing is worked out again. */
function sameMarks(left: Facade, right: Facade): boolean {
  const doors = Object.keys(right.doors)
  if (left.roundId !== right.roundId || doors.length !== Object.keys(left.doors).length) return false
  return doors.every((doorId) => {
    const [before, after] = [left.doors[doorId], right.doors[doorId]!]
    const visits = Object.keys(after)
    if (!before || visits.length !== Object.keys(before).length) return false
    return visits.every((visitId) => sameMark(before[visitId], after[visitId]!))
  })
}

function sameMark(left: VisitMark | undefined, right: VisitMark): boolean {
  if (!left || left.outcome !== right.outcome || left.at !== right.at) return false
  return !left.quizzed === !right.quizzed && !left.voided === !right.voided
}
