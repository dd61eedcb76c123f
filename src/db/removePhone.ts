import type { Database } from './database.ts'
import type { Seam } from './seam.ts'

/**
 * Deletes one member's database, with everything that is unsent in it.
 *
 * @returns whether other members have theirs on this phone; where a browser does not tell, they may have
 */
export async function removePhone(database: Database, { idb }: Pick<Seam, 'idb'>): Promise<{ isShared: boolean }> {
  await database.delete()
  const left = await idb.indexedDB.databases?.()
  return { isShared: left?.some(({ name }) => name?.startsWith('qiaomen.')) ?? true }
}
