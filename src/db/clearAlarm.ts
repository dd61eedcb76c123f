import { type Database, putPhone, readPhone } from './database.ts'

/** The member has read that this phone fell back or lost numbers; the next time it happens it is said again. */
export async function clearAlarm(database: Database): Promise<void> {
  await database.transaction('rw', database.phone, async () => {
    await putPhone(database, { ...(await readPhone(database)), alarm: null, atMost: null })
  })
}
