import { readPhone, type Database } from '../db/database.ts'
import { makeRoom } from '../db/makeRoom.ts'
import { isFull } from '../db/saveAgain.ts'
import { noteProblem } from '../db/recentProblems.ts'
import { listen } from '../remote/live.ts'
import { Schedule } from '../sync/schedule.ts'
import { useSyncStatus } from '../sync/status.ts'
import { browserSeam } from './browserSeam.ts'
import { ENROLMENT_KEY, readEnrolment, writeEnrolment, type Enrolment } from './enrolment.ts'
import { phoneNotice } from './errors.ts'
import { syncSeam } from './syncSeam.ts'
import { watchPhone } from './watchPhone.ts'

/** Where a phone that was emptied ends. */
const ENDED = '/welcome#ended'

export interface RunningSync {
  /** Something was saved: a cycle soon, but not while the next thing is being tapped. */
  requestSoon(): void
  stop(): void
}

/**
 * Starts everything that asks for a sync (SYNC-10). It is loaded beside the first screen and not before it: doors can be
 * tapped without it, and what was saved meanwhile is in the outbox.
 */
export function startSync(database: Database, enrolment: Enrolment, appVersion: string): RunningSync {
  // What a newer version of the app wrote is looked at and never written.
  if (phoneNotice.value === 'newer') return { requestSoon() {}, stop() {} }
  const status = useSyncStatus()
  const phone = watchPhone(database, enrolment)
  let isStopped = false
  const schedule = new Schedule(database, syncSeam, appVersion, ({ reach, running, trouble }) => {
    status.running = running
    if (!running) status.reach = reach
    status.lastProblem = trouble?.code ?? null
    if (trouble) noteProblem(trouble.message)
    if (isFull(trouble?.cause)) void giveWay(database)
    if (running) return
    if (reach === 'revoked') leave().catch((error: unknown) => console.error('emptying', error))
    phone.cycleEnded()
    if (reach === 'online') void rememberConfirmation(database, enrolment)
  })
  const request = () => schedule.request()
  const stop = () => {
    isStopped = true
    phone.stop()
    schedule.stop()
    unlisten()
    removeEventListener('online', request)
    removeEventListener('storage', onForgotten)
    document.removeEventListener('visibilitychange', onVisible)
  }
  const leave = async () => {
    const { emptyPhone } = await import('./emptyPhone.ts')
    if (!isStopped && (await emptyPhone(database, enrolment, stop))) location.replace(ENDED)
  }
  /** Another window has emptied this phone. Whoever clears a browser's data does not name one key. */
  const onForgotten = ({ key, newValue }: StorageEvent) => {
    if (key === ENROLMENT_KEY && newValue === null) location.replace(ENDED)
  }
  const onVisible = () => {
    if (document.visibilityState === 'visible') request()
  }
  addEventListener('online', request)
  addEventListener('storage', onForgotten)
  document.addEventListener('visibilitychange', onVisible)
  const unlisten = listen(request)
  void phone.examined.then(() => {
    if (!isStopped) request()
  })
  return {
    requestSoon() {
      phone.saved()
      browserSeam.calm(request)
    },
    stop,
  }
}

/** Once confirmed, the next start needs no match code. */
async function rememberConfirmation(database: Database, enrolment: Enrolment): Promise<void> {
  const known = readEnrolment()
  if (known?.deviceId !== enrolment.deviceId || known.state === 'active') return
  if ((await readPhone(database)).device === 'active')
    writeEnrolment({ ...enrolment, state: 'active', matchCode: null })
}

/** A page did not fit any more. What can be had again makes room; the next cycle asks for the same page. */
async function giveWay(database: Database): Promise<void> {
  phoneNotice.value = 'full'
  await makeRoom(database, () => Promise.resolve(false)).catch((error: unknown) => console.error('making room', error))
}
