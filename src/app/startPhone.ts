import { setHere } from '../db/here.ts'
import { openPhone } from '../db/openPhone.ts'
import { readPhone } from '../db/database.ts'
import { listen } from '../remote/live.ts'
import { Schedule } from '../sync/schedule.ts'
import { useSyncStatus } from '../sync/status.ts'
import { browserSeam } from './browserSeam.ts'
import { readEnrolment, writeEnrolment, type Enrolment } from './enrolment.ts'

/** A phone that runs: its schedule, and how to stop it. */
export interface RunningPhone {
  stop(): void
}

/** Opens the member's database and starts everything that asks for a sync (SYNC-10). */
export async function startPhone(enrolment: Enrolment, appVersion: string): Promise<RunningPhone> {
  const { community, memberId, deviceId, state, matchCode } = enrolment
  const who = { communityId: community.id, memberId, deviceId, device: state, matchCode }
  const database = await openPhone(browserSeam, who)
  const status = useSyncStatus()
  const schedule = new Schedule(database, browserSeam, appVersion, ({ reach, running, trouble }) => {
    status.running = running
    if (!running) status.reach = reach
    status.lastProblem = trouble?.code ?? null
    if (reach === 'online') void rememberConfirmation(database, enrolment)
  })
  const request = () => schedule.request()
  setHere({ database, seam: browserSeam, communityId: community.id, memberId, deviceId, requestSync: request })
  const onVisible = () => {
    if (document.visibilityState === 'visible') request()
  }
  addEventListener('online', request)
  document.addEventListener('visibilitychange', onVisible)
  const offline = () => {
    status.reach = 'offline'
  }
  addEventListener('offline', offline)
  const unlisten = listen(request)
  if (!navigator.onLine) status.reach = 'offline'
  request()
  return {
    stop() {
      schedule.stop()
      unlisten()
      removeEventListener('online', request)
      removeEventListener('offline', offline)
      document.removeEventListener('visibilitychange', onVisible)
      database.close()
      setHere(null)
    },
  }
}

/** Once confirmed, the next start needs no match code. */
async function rememberConfirmation(database: Parameters<typeof readPhone>[0], enrolment: Enrolment): Promise<void> {
  const known = readEnrolment()
  if (known?.deviceId !== enrolment.deviceId || known.state === 'active') return
  if ((await readPhone(database)).device === 'active')
    writeEnrolment({ ...enrolment, state: 'active', matchCode: null })
}
