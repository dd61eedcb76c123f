import { type Database, readPhone } from '../db/database.ts'
import { forgetKeptCopy } from '../db/keptCopy.ts'
import { sentinelKey } from '../db/openPhone.ts'
import { removePhone } from '../db/removePhone.ts'
import { freeReserve } from '../db/reserve.ts'
import { post } from '../remote/request.ts'
import { browserSeam } from './browserSeam.ts'
import { forgetEnrolment, type Enrolment } from './enrolment.ts'

/**
 * Empties a phone whose enrolment its server has ended. It may die anywhere in it: as long as the enrolment is written
 * down, the next start asks the server, hears the same and begins again. Another member's database on this phone stays.
 *
 * One that was never let in keeps what it has: the server has given it nothing, and what it recorded waits for another
 * invitation.
 *
 * @param stop closes the gate: after it nothing of this phone is sent or written any more
 * @returns whether it was emptied
 */
export async function emptyPhone(database: Database, enrolment: Enrolment, stop: () => void): Promise<boolean> {
  const { device, deviceId } = await readPhone(database)
  if (device === 'pending' || deviceId !== enrolment.deviceId) return false
  stop()
  await Promise.all([forgetKeptCopy(), freeReserve()]).catch((error: unknown) => console.error('emptying', error))
  localStorage.removeItem(sentinelKey(database.name))
  const { isShared } = await removePhone(database, browserSeam)
  for (const key of Object.keys(localStorage)) if (key.includes(enrolment.memberId)) localStorage.removeItem(key)
  forgetEnrolment(enrolment.deviceId)
  sessionStorage.clear()
  // The browser clears what no script reaches, the cookie among it. Without a network it stays, and opens nothing.
  if (!isShared) await post('/api/clear-site', '{}').catch((error: unknown) => console.error('emptying', error))
  return true
}
