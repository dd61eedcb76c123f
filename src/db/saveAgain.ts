import type { Database } from './database.ts'
import { makeRoom } from './makeRoom.ts'
import { freeReserve } from './reserve.ts'

/** `nearlyFull`: saved with the last room there was. `lost`: the connection to the database does not come back. */
export type StorageTrouble = 'nearlyFull' | 'full' | 'lost'

/** A phone, as far as a failed write concerns it. */
export interface Troubled {
  database: Database
  /** Says what befell the phone's storage, to whoever has words for it. */
  onTrouble?(code: StorageTrouble): void
}

/** The phone has no room left for what was to be written. */
export function isFull(error: unknown): boolean {
  const { name, inner } = (error ?? {}) as { name?: string; inner?: { name?: string } }
  return [name, inner?.name].includes('QuotaExceededError')
}

/** The connection to the database broke off; Safari does that to pages in the background. The data are as they were. */
export function isLost(error: unknown): boolean {
  const { name, message = '', inner } = error as { name?: string; message?: string; inner?: { name?: string } }
  const names = [name, inner?.name]
  return names.includes('UnknownError') || names.includes('InvalidStateError') || /server lost/.test(message)
}

/**
 * A write failed with everything as it was before it. Full: the reserve goes, then what the phone can do without, and it
 * is tried again. Connection lost: the database is opened again, once, and never begun anew.
 *
 * @param again does the same write again
 * @param phone whose database it is, and who hears of it
 * @throws what the last try threw: then nothing was saved, and the caller keeps the form
 */
export async function saveAgain<T>(error: unknown, again: () => Promise<T>, phone: Troubled): Promise<T> {
  const { database, onTrouble } = phone
  if (isFull(error)) {
    if (!(await freeReserve())) await makeRoom(database, () => Promise.resolve(false))
    try {
      const saved = await again()
      onTrouble?.('nearlyFull')
      return saved
    } catch (still) {
      if (isFull(still)) await makeRoom(database, () => Promise.resolve(false))
      return await again()
    }
  }
  if (!isLost(error)) throw error
  try {
    await reopen(database)
    return await again()
  } catch (still) {
    onTrouble?.('lost')
    throw still
  }
}

/** Opens the database again; one that is not there any more is a loss, and stays unopened. */
export async function reopen(database: Database): Promise<void> {
  database.close({ disableAutoOpen: false })
  await database.open()
}
