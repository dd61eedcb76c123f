import type { Seam } from '../db/seam.ts'
import { post } from '../remote/request.ts'
import { browserSeam } from './browserSeam.ts'

/** The browser's side of the seam with what a sync needs besides: the network and the locks between tabs. */
export const syncSeam: Seam = {
  ...browserSeam,
  net: { post },
  locks: {
    async tryHold(name, run) {
      // Old Safari has no locks. Two tabs may then sync at once, which is slower and still right.
      if (!navigator.locks) {
        await run()
        return true
      }
      return navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
        if (!lock) return false
        await run()
        return true
      })
    },
  },
}
