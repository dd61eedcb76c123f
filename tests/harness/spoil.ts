import { closeSync, openSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { seededRng } from './world.ts'

/** Overwrites the root pages of one table and its indexes with noise. @returns how many */
export function spoil(file: string, table: string): number {
  const database = new DatabaseSync(file)
  database.exec('pragma wal_checkpoint(truncate)')
  const size = Number(database.prepare('pragma page_size').get()?.['page_size'])
  const roots = database.prepare('select rootpage from sqlite_master where tbl_name = ? and rootpage > 0').all(table)
  database.exec('pragma journal_mode = wal')
  database.close()
  const rng = seededRng(9)
  const handle = openSync(file, 'r+')
  for (const { rootpage } of roots) {
    const noise = Buffer.from(rng.bytes(size))
    writeSync(handle, noise, 0, size, (Number(rootpage) - 1) * size)
  }
  closeSync(handle)
  return roots.length
}
