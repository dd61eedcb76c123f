import { DATA_VERSION, Database, databaseName, type PhoneState } from './database.ts'
import { PhoneTrouble } from './PhoneTrouble.ts'
import type { Seam } from './seam.ts'

/**
 * Opens a member's database and gives it its owner. Everything unsent from an earlier enrolment stays in it.
 *
 * @param kept what is remembered of this database outside of it (`sentinelKey`), `null` when it may well be new
 * @throws PhoneTrouble when it is not what was remembered; nothing was begun anew and nothing was changed
 */
export async function openPhone(
  seam: Pick<Seam, 'idb' | 'rng'>,
  who: Pick<PhoneState, 'communityId' | 'memberId' | 'deviceId' | 'device' | 'matchCode'>,
  kept: string | null = null,
): Promise<Database> {
  // Dexie opens newer data, and may mend its shape: so the number in front of what was remembered is asked first.
  if (parseInt(kept ?? '') > DATA_VERSION) throw new PhoneTrouble('newer')
  const database = new Database(databaseName(who.communityId, who.memberId), seam.idb)
  database.isExpected = kept !== null
  await new Promise((resolve, reject) => {
    database.on('blocked', () => reject(new PhoneTrouble('blocked')))
    database.open().then(resolve, reject)
  })
  if (database.backendDB()!.version >= 10 * DATA_VERSION + 10) throw new PhoneTrouble('newer')
  const known = await database.phone.get('phone')
  // Most starts find everything as it was.
  if (known?.deviceId !== who.deviceId || known.device !== 'active') {
    if (!known && kept !== null) throw new PhoneTrouble('emptied')
    const { adoptPhone } = await import('./adoptPhone.ts')
    await adoptPhone(database, who, seam.rng)
  }
  database.isExpected = true
  return database
}

/** Where what is remembered of a database stands in localStorage. */
export function sentinelKey(name: string): string {
  return `${name}.kept`
}
