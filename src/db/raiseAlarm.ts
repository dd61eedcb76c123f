import type { Loss } from '../domain/phoneHealth.ts'
import { type Database, newId, putPhone, readPhone } from './database.ts'
import type { Seam } from './seam.ts'

/** Lets the member and then the leader know. What an earlier alarm counted and nobody has read yet is added. */
export async function raiseAlarm(database: Database, rng: Seam['rng'], { code, atMost }: Loss): Promise<void> {
  const id = newId(rng)
  await database.transaction('rw', database.phone, async () => {
    const state = await readPhone(database)
    const before = state.alarm ? (state.atMost ?? null) : 0
    const sum = atMost === null || before === null ? null : atMost + before
    await putPhone(database, { ...state, alarm: code, atMost: sum, loss: { id, code, atMost: sum, told: false } })
  })
}
