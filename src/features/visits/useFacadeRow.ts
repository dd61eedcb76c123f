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
  const facade = computed(() => {
    if (ahead.value.length === 0 || row.value === null) return row.value
    // Before the first knock of a round there is no row; its own names are never looked at here.
    const base = row.value ?? emptyFacade('', '')
    const doors = { ...base.doors }
    for (const { doorId, visitId, mark } of ahead.value) {
      const visits = doors[doorId] ?? {}
      doors[doorId] = { ...visits, [visitId]: { ...visits[visitId], ...mark } }
    }
    return { ...base, doors }
  })
  return {
    facade,
    show(mark) {
      ahead.value = [...ahead.value, mark]
    },
  }
}
