import type { App } from 'vue'
import { ref } from 'vue'
import type { PhoneNoticeCode } from '../messages/phone.ts'

/** Set when a bug was met: the screen stays calm, and nothing that was saved is touched. */
export const bugMet = ref(false)

/** What befell the phone's storage, for as long as it must be said. */
export const phoneNotice = ref<PhoneNoticeCode | null>(null)

/** Catches what nothing else caught, once for the whole app. */
export function watchForBugs(app: App): void {
  app.config.errorHandler = (error) => {
    console.error(error)
    bugMet.value = true
  }
  addEventListener('unhandledrejection', (event) => {
    console.error(event.reason)
    bugMet.value = true
  })
}
