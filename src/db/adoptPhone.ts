import { type Database, type EntryState, newId, type PhoneState, putPhone } from './database.ts'
import { slices } from './overlay.ts'
import type { Seam } from './seam.ts'

/** Gives a fresh database its owner; an existing owner is kept, with everything that is in the outbox. */
export async function adoptPhone(
  database: Database,
  who: Pick<PhoneState, 'communityId' | 'memberId' | 'deviceId' | 'device' | 'matchCode'>,
  rng: Seam['rng'],
): Promise<void> {
  await database.transaction('rw', database.phone, database.outbox, async () => {
    const known = await database.phone.get('phone')
    if (known && known.deviceId === who.deviceId) {
      // What the server said since this enrolment was written down stands; only a fresh word of it opens the door.
      const device = known.device === 'pending' ? who.device : known.device
      await putPhone(database, { ...known, ...who, device, matchCode: device === 'active' ? null : who.matchCode })
      return
    }
    // Another enrolment on the same database starts a lane and a download of its own; what is unsent goes out under it,
    // and so does what waits: its answer would go to the enrolment that is no more.
    const nextN = await numberAnew(database, ['pending', 'held', 'applied'])
    const fresh = { incarnation: newId(rng), nextN, cursor: null, membership: 0, reached: 0 }
    const kept = { epoch: known?.epoch ?? null, offsetMs: known?.offsetMs ?? 0, syncedAt: known?.syncedAt ?? null }
    const generation = (known?.generation ?? 0) + 1
    const rest = { complete: known?.complete ?? false, generation, sweeping: true, alarm: known?.alarm ?? null }
    const revision = known?.revision ?? 0
    const health = { atMost: known?.atMost ?? null, loss: known?.loss ?? null, lanes: (known?.lanes ?? 0) + 1 }
    const born = known?.born === undefined ? {} : { born: known.born }
    await putPhone(database, { key: 'phone', ...who, ...fresh, ...kept, ...rest, ...health, ...born, revision })
  })
}

/**
 * Gives the entries of these states the numbers of a lane that begins, in their order, and makes them pending.
 *
 * @returns the number that comes next
 */
export async function numberAnew(database: Database, states: readonly EntryState[]): Promise<number> {
  const entries = await database.outbox.where('state').anyOf(states).sortBy('seq')
  const fresh = { state: 'pending' as const, clock: null, until: null }
  const numbered = entries.map((entry, index) => ({ ...entry, ...fresh, n: index + 1 }))
  for (const slice of slices(numbered)) await database.outbox.bulkPut(slice)
  return entries.length + 1
}
