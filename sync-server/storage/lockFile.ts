import { DatabaseSync } from 'node:sqlite'
import { StorageTrouble } from './StorageTrouble.ts'

/**
 * Keeps a second server away from a SQLite file. The lock is an open exclusive transaction on a tiny SQLite file of its
 * own: the operating system drops it when the process dies, however it dies, so there is no stale lock to explain away.
 *
 * @returns a function that lets go.
 * @throws StorageTrouble `data_dir_in_use` when another server holds it.
 */
export function lockFile(file: string): () => void {
  const database = new DatabaseSync(`${file}.lock`, { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode !== 5) throw error
    throw new StorageTrouble('data_dir_in_use', `another server works on ${file}`, error)
  }
  return () => database.close()
}
