import { readPhone, type Database } from '../db/database.ts'
import { Health } from '../db/health.ts'
import { here, save, type Here } from '../db/here.ts'
import { writeKeptCopy } from '../db/keptCopy.ts'
import { makeRoom } from '../db/makeRoom.ts'
import { sentinelKey } from '../db/openPhone.ts'
import { weedRecords } from '../db/quarantine.ts'
import { keepReserve } from '../db/reserve.ts'
import { isLost, reopen } from '../db/saveAgain.ts'
import { isTight } from '../domain/storageBudget.ts'
import { browserSeam } from './browserSeam.ts'
import { readEnrolment, type Enrolment } from './enrolment.ts'
import { phoneNotice } from './errors.ts'

/** Looks after a phone's storage while the app runs. */
export interface PhoneWatch {
  /** Resolves when what is here was compared with what was remembered: before that nothing may be sent. */
  examined: Promise<void>
  /** Something was saved. */
  saved(): void
  /** A sync cycle has ended. */
  cycleEnded(): void
  stop(): void
}

/** Watches a phone's database from outside of it, and says what befell it. */
export function watchPhone(database: Database, enrolment: Enrolment): PhoneWatch {
  const key = sentinelKey(database.name)
  const store = {
    read: () => localStorage.getItem(key),
    write(text: string) {
      try {
        localStorage.setItem(key, text)
      } catch (error) {
        console.error('sentinel', error)
      }
    },
  }
  const health = new Health(database, browserSeam, store)
  const { community, memberId, deviceId, state, matchCode } = enrolment
  const who = { communityId: community.id, memberId, deviceId, device: state, matchCode }
  let isStopped = false
  let hasSettled = false
  const calmly = (work: Promise<unknown>) => void work.catch((error: unknown) => console.error('phone', error))

  database.on('versionchange', () => {
    phoneNotice.value = 'otherWindow'
  })
  const reconnect = async (error: unknown): Promise<void> => {
    if (!isLost(error)) return
    await reopen(database).catch(() => {
      phoneNotice.value = 'lost'
    })
  }
  Object.assign(here(), {
    onTrouble(code) {
      phoneNotice.value = code
    },
    mend: (error) => calmly(reconnect(error)),
  } satisfies Partial<Here>)

  /** Once a start, when the network has done its part: the reserve, the budget, and rows that nobody can read. */
  const settle = async (): Promise<void> => {
    await keepReserve().catch(() => undefined)
    const hasRoom = async () => {
      const { usage = 0, quota = Infinity } = (await navigator.storage?.estimate?.()) ?? {}
      return !isTight({ usage, quota })
    }
    if (!(await hasRoom())) await makeRoom(database, hasRoom)
    const breathe = () => new Promise<void>((resolve) => void browserSeam.timer.set(resolve, 50))
    if (!isStopped && (await weedRecords(database, breathe)) > 0) here().requestSync()
  }

  const afterCycle = async (): Promise<void> => {
    await health.look(true)
    const phone = await readPhone(database)
    if (phone.complete && phone.device === 'active') {
      const loss = await health.untold()
      if (loss) {
        await save('device/report-loss', { lossId: loss.id, code: loss.code, atMost: loss.atMost })
        await health.told(loss.id)
      }
    }
    await writeKeptCopy({ enrolment: readEnrolment(), sentinel: store.read() }).catch(() => undefined)
    if (!hasSettled && phone.complete) {
      hasSettled = true
      await settle()
    }
  }

  /** Safari breaks the connection of a page in the background: it is put right before anybody taps. */
  const onVisible = async (): Promise<void> => {
    if (document.visibilityState !== 'visible') return
    try {
      await database.phone.get('phone')
    } catch (error) {
      await reconnect(error)
    }
  }
  const lookAgain = () => {
    if (!isStopped) calmly(health.look())
  }
  const lookAround = () => {
    if (!isStopped) calmly(afterCycle())
  }
  const look = () => calmly(onVisible())
  document.addEventListener('visibilitychange', look)

  return {
    examined: health.examine(who).then(
      () => undefined,
      (error: unknown) => console.error('phone', error),
    ),
    saved() {
      health.saved()
      browserSeam.calm(lookAgain)
    },
    cycleEnded() {
      browserSeam.calm(lookAround)
    },
    stop() {
      isStopped = true
      document.removeEventListener('visibilitychange', look)
    },
  }
}
