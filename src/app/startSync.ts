import { readPhone, type Database } from '../db/database.ts'
import { noteProblem } from '../db/recentProblems.ts'
import { listen } from '../remote/live.ts'
import { Schedule } from '../sync/schedule.ts'
import { useSyncStatus } from '../sync/status.ts'
import { browserSeam } from './browserSeam.ts'
import { readEnrolment, writeEnrolment, type Enrolment } from './enrolment.ts'

/** After a tap the phone has a window to light; what is sent half a second later arrives as early as anybody can tell. */
const AFTER_A_TAP_MS = 500

export interface RunningSync {
  /** Something was saved: a cycle soon, but not in the frames that show it. */
  requestSoon(): void
  stop(): void
}

/**
 * Starts everything that asks for a sync (SYNC-10). It is loaded beside the first screen and not before it: doors can be
 * tapped without it, and what was saved meanwhile is in the outbox.
 */
export function startSync(database: Database, enrolment: Enrolment, appVersion: string): RunningSync {
  const status = useSyncStatus()
  const schedule = new Schedule(database, browserSeam, appVersion, ({ reach, running, trouble }) => {
    status.running = running
    if (!running) status.reach = reach
    status.lastProblem = trouble?.code ?? null
    if (trouble) noteProblem(trouble.message)
    if (reach === 'online') void rememberConfirmation(database, enrolment)
  })
  const request = () => schedule.request()
  const onVisible = () => {
    if (document.visibilityState === 'visible') request()
  }
  addEventListener('online', request)
  document.addEventListener('visibilitychange', onVisible)
  const unlisten = listen(request)
  let cancelSoon: (() => void) | null = null
  request()
  return {
    requestSoon() {
      cancelSoon ??= browserSeam.timer.set(() => {
        cancelSoon = null
        request()
      }, AFTER_A_TAP_MS)
    },
    stop() {
      cancelSoon?.()
      schedule.stop()
      unlisten()
      removeEventListener('online', request)
      document.removeEventListener('visibilitychange', onVisible)
    },
  }
}

/** Once confirmed, the next start needs no match code. */
async function rememberConfirmation(database: Database, enrolment: Enrolment): Promise<void> {
  const known = readEnrolment()
  if (known?.deviceId !== enrolment.deviceId || known.state === 'active') return
  if ((await readPhone(database)).device === 'active')
    writeEnrolment({ ...enrolment, state: 'active', matchCode: null })
}
