import { nextCarried, readyCarried, settleCarried } from '../db/carried.ts'
import { readPhone, type Database } from '../db/database.ts'
import { countQueue } from '../db/outbox.ts'
import type { Seam } from '../db/seam.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { SyncAnswer, SyncRequest } from '../protocol/sync.ts'
import { troubleOf } from '../remote/request.ts'

/** Far more parts than any phone carries; a delivery that goes round more often has met what it does not understand. */
const MOST_PARTS = 1_000

/**
 * Brings teammates' unsent work along, one sealed part a request, after this phone's own cycle has come to its end
 * (SYNC-13). It may die between any two lines: a part that was taken in is answered the same again.
 *
 * @throws Trouble when the network or the server does not let it finish; the files are still there
 */
export async function deliverCarried(
  database: Database,
  seam: Pick<Seam, 'clock' | 'net'>,
  appVersion: string,
): Promise<void> {
  // Nearly always there is nothing, and then this costs one look.
  if ((await database.carried.count()) === 0) return
  await readyCarried(database, (await readPhone(database)).epoch, seam.clock.now())
  for (let sent = 0; sent < MOST_PARTS; sent++) {
    const next = await nextCarried(database)
    if (!next) return
    const { deviceId: device, incarnation, epoch, membership } = await readPhone(database)
    const place = { protocol: LIMITS.protocol, device, incarnation, epoch, cursor: null, membership, appVersion }
    const { waiting: unsent } = await countQueue(database)
    const request: SyncRequest = { ...place, commands: [], unsent, pull: false, carried: next.part }
    const answer = await seam.net.post('/api/sync', JSON.stringify(request))
    if (answer.status === 200) {
      const { carried, epoch: history } = answer.body as SyncAnswer
      // A server of before knows nothing of this, and one that waits to confirm this phone takes nothing from it.
      if (!carried) return
      await settleCarried(database, next.id, next.part.index, carried, history)
      continue
    }
    const trouble = troubleOf(answer)
    if (trouble.code === 'bad_request' || trouble.code === 'epoch_changed') return
    if (trouble.code !== 'too_large') throw trouble
    await settleCarried(database, next.id, next.part.index, { result: 'refused' }, epoch ?? '')
  }
}
