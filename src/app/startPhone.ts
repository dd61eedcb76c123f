import { hereIfOpen, setHere } from '../db/here.ts'
import { databaseName } from '../db/database.ts'
import { openPhone, sentinelKey } from '../db/openPhone.ts'
import { useSyncStatus } from '../sync/status.ts'
import { browserSeam } from './browserSeam.ts'
import type { Enrolment } from './enrolment.ts'
import type { RunningSync } from './startSync.ts'

/** A phone that runs: its database, its sync, and how to stop both. */
export interface RunningPhone {
  stop(): void
}

/** When the rest of the app could not be fetched: a first visit whose network went away half-way. */
const LOAD_AGAIN_MS = 5_000

/**
 * Opens the member's database, so that doors can be tapped, and lets the sync follow.
 *
 * @returns `null` when it stays closed; `phoneNotice` says why
 */
export async function startPhone(enrolment: Enrolment, appVersion: string): Promise<RunningPhone | null> {
  const { community, memberId, deviceId, state, matchCode } = enrolment
  const who = { communityId: community.id, memberId, deviceId, device: state, matchCode }
  const kept = localStorage.getItem(sentinelKey(databaseName(community.id, memberId)))
  const database = await openPhone(browserSeam, who, kept).catch(async (error) => {
    console.error(error)
    return (await import('./rescuePhone.ts')).rescuePhone(error, browserSeam, who)
  })
  if (!database) return null
  const status = useSyncStatus()
  let sync: RunningSync | null = null
  let isStopped = false
  const requestSync = () => sync?.requestSoon()
  setHere({ database, seam: browserSeam, communityId: community.id, memberId, deviceId, requestSync })
  const offline = () => {
    status.reach = 'offline'
  }
  addEventListener('offline', offline)
  if (!navigator.onLine) offline()

  const load = async (): Promise<void> => {
    try {
      const { startSync } = await import('./startSync.ts')
      if (!isStopped) sync = startSync(database, enrolment, appVersion)
    } catch (error) {
      console.error(error)
      offline()
      if (!isStopped) browserSeam.timer.set(() => void load(), LOAD_AGAIN_MS)
    }
  }
  void load()

  return {
    stop() {
      isStopped = true
      sync?.stop()
      removeEventListener('offline', offline)
      database.close()
      // The phone that follows on this page may be open already.
      if (hereIfOpen()?.database === database) setHere(null)
    },
  }
}
