import { liveQuery } from 'dexie'
import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from 'vue'

/**
 * The one live query. Runs `query` now, whenever the rows it read change, and whenever `deps` change; ends with the scope.
 *
 * @param initial what stands in the ref until the first result
 * @param deps what the query reads from Vue: Dexie cannot see it
 */
export function useLiveQuery<T, I = T>(
  query: () => Promise<T>,
  initial: I,
  deps: readonly WatchSource[] = [],
): Readonly<ShallowRef<T | I>> {
  const result = shallowRef<T | I>(initial)
  let stop = () => {}
  const start = () => {
    stop()
    const subscription = liveQuery(query).subscribe({
      next: (value) => {
        result.value = value
      },
      // A query that fails shows its last result; the transaction that failed is reported where it was started.
      error: (error: unknown) => console.error('live query', error),
    })
    stop = () => subscription.unsubscribe()
  }
  watch([...deps], start, { immediate: true })
  onScopeDispose(() => stop())
  return result
}
