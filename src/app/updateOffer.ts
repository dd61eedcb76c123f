import { shallowRef } from 'vue'

/** A line that offers a newer version of the app, and what a tap on it does. */
export interface UpdateOffer {
  text: string
  action: string
  act(): void
}

/** Set while a newer version waits for a tap, or has taken over from another window. */
export const updateOffer = shallowRef<UpdateOffer | null>(null)
