import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { openStorage, type Storage, type StorageOptions } from '../../../sync-server/storage/openStorage.ts'
import { createDatabase } from '../../harness/postgres.ts'

export interface Place {
  kind: Storage['kind']
  /** A new, empty database; gone when the suite ends. */
  empty(): Promise<StorageOptions>
  /** Opens it, and closes it when the suite ends. */
  open(options: StorageOptions): Promise<Storage>
}

/** Runs one suite on SQLite and on a real PostgreSQL. */
export function onEachDatabase(suite: (place: Place) => void): void {
  describe('on SQLite', () => suite(sqlitePlace()))
  describe('on PostgreSQL', () => suite(postgresPlace()))
}

export function sqlitePlace(): Place {
  const folders: string[] = []
  return {
    kind: 'sqlite',
    empty: async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'qiaomen-storage-'))
      folders.push(dataDir)
      return { dataDir }
    },
    open: opener(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }))),
  }
}

export function postgresPlace(): Place {
  const drops: (() => Promise<void>)[] = []
  return {
    kind: 'postgres',
    empty: async () => {
      const { url, drop } = await createDatabase()
      drops.push(drop)
      return { databaseUrl: url }
    },
    open: opener(() => Promise.all(drops.map((drop) => drop()))),
  }
}

function opener(clear: () => unknown): Place['open'] {
  const opened: Storage[] = []
  afterAll(async () => {
    for (const storage of opened) await storage.close()
    await clear()
  })
  return async (options) => {
    const storage = await openStorage(options)
    opened.push(storage)
    return storage
  }
}
