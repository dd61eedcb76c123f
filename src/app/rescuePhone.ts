import { adoptPhone } from '../db/adoptPhone.ts'
import { Database, databaseName, type PhoneState } from '../db/database.ts'
import { openPhone, sentinelKey } from '../db/openPhone.ts'
import { openReadOnly } from '../db/openReadOnly.ts'
import { PhoneTrouble } from '../db/PhoneTrouble.ts'
import { raiseAlarm } from '../db/raiseAlarm.ts'
import { isLost } from '../db/saveAgain.ts'
import type { Seam } from '../db/seam.ts'
import { countMissing, parseSentinel } from '../domain/phoneHealth.ts'
import { phoneNotice } from './errors.ts'

type Who = Parameters<typeof openPhone>[1]
type Memory = Pick<Storage, 'getItem' | 'removeItem'>

/**
 * Opens a phone's database that did not open as it should have, or says why it cannot be.
 *
 * @param error what the first try threw
 * @param memory where what was remembered of the database stands
 * @returns `null` when it stays closed; then `phoneNotice` says what to do
 */
export async function rescuePhone(
  error: unknown,
  seam: Pick<Seam, 'idb' | 'rng'>,
  who: Who,
  memory: Memory = localStorage,
): Promise<Database | null> {
  const name = databaseName(who.communityId, who.memberId)
  const code = error instanceof PhoneTrouble ? error.code : null
  if (code === 'newer') {
    phoneNotice.value = 'newer'
    // Where a table that we need is gone, there is nothing to look at.
    return openReadOnly(seam, who).catch(() => null)
  }
  if (code === 'blocked') {
    phoneNotice.value = 'blocked'
    openWhenFree(seam, name)
    return null
  }
  const kept = memory.getItem(sentinelKey(name))
  if (code === 'vanished' || isLost(error)) {
    // Safari loses the connection and finds the database again at the next try.
    const again = await openPhone(seam, who, kept).catch((still: unknown) => still)
    if (again instanceof Database) return again
    if (isTrouble(again, 'vanished')) return beginAnew(seam, who, kept, 'vanished', memory)
    if (isTrouble(again, 'emptied')) return beginAnew(seam, who, kept, 'emptied', memory)
  }
  if (code === 'emptied') return beginAnew(seam, who, kept, 'emptied', memory)
  phoneNotice.value = 'failed'
  return null
}

function isTrouble(error: unknown, code: PhoneTrouble['code']): boolean {
  return error instanceof PhoneTrouble && error.code === code
}

/**
 * What was here is gone, wholly or in part: the phone begins with what is left, and both member and leader are told. What
 * was acknowledged comes back with the next download.
 */
async function beginAnew(
  seam: Pick<Seam, 'idb' | 'rng'>,
  who: Who,
  kept: string | null,
  code: 'vanished' | 'emptied',
  memory: Memory,
): Promise<Database> {
  const database = new Database(databaseName(who.communityId, who.memberId), seam.idb)
  await database.open()
  await adoptPhone(database, who, seam.rng)
  const sentinel = parseSentinel(kept)
  if (sentinel) {
    const { outbox, sent, phone } = database
    const ids = [...sentinel.ids]
    const entries = [...(await outbox.where('id').anyOf(ids).toArray()), ...(await sent.bulkGet(ids))]
    const present = new Set(entries.flatMap((entry) => (entry ? [entry.id] : [])))
    await phone.update('phone', { lanes: sentinel.lane + 1 } satisfies Partial<PhoneState>)
    // What only the server's word vouches for was never counted here.
    const atMost = sentinel.born === '' ? null : countMissing(sentinel, present)
    await raiseAlarm(database, seam.rng, { code, atMost })
  } else {
    await raiseAlarm(database, seam.rng, { code, atMost: null })
  }
  // The alarm is stored: what was remembered has done its work.
  memory.removeItem(sentinelKey(database.name))
  database.isExpected = true
  return database
}

/** Waits until the other window has let go, and starts the page again. */
function openWhenFree(seam: Pick<Seam, 'idb'>, name: string): void {
  const waiting = new Database(name, seam.idb)
  waiting.isExpected = true
  waiting.open().then(
    () => location.reload(),
    (error: unknown) => console.error(error),
  )
}
