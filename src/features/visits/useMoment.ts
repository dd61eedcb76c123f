import { computed, onScopeDispose, shallowRef, type ComputedRef } from 'vue'
import { momentOf, readPhone, type PhoneState } from '../../db/database.ts'
import { here } from '../../db/here.ts'
import { useLiveQuery } from '../../db/useLiveQuery.ts'

const TICK_MS = 30_000
const NEVER_SYNCED = { offsetMs: 0, syncedAt: null }

/**
 * What this phone knows of itself, and the time as the server would tell it, ms. Grants and wishes hold and end by that
 * clock; half a minute is exact enough for them.
 */
export function useMoment(): { phone: Readonly<{ value: PhoneState | null }>; moment: ComputedRef<number> } {
  const phone = useLiveQuery(() => readPhone(here().database), null)
  const ticked = shallowRef(here().seam.clock.now())
  const timer = setInterval(() => {
    ticked.value = here().seam.clock.now()
  }, TICK_MS)
  onScopeDispose(() => clearInterval(timer))
  return { phone, moment: computed(() => momentOf(phone.value ?? NEVER_SYNCED, ticked.value)) }
}
