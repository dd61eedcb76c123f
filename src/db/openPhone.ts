import { adoptPhone, Database, databaseName, type PhoneState } from './database.ts'
import type { Seam } from './seam.ts'

/** Opens a member's database and gives it its owner. Everything unsent from an earlier enrolment stays in it. */
export async function openPhone(
  seam: Pick<Seam, 'idb' | 'rng'>,
  who: Pick<PhoneState, 'communityId' | 'memberId' | 'deviceId' | 'device' | 'matchCode'>,
): Promise<Database> {
  const database = new Database(databaseName(who.communityId, who.memberId), seam.idb)
  await database.open()
  await adoptPhone(database, who, seam.rng)
  return database
}
