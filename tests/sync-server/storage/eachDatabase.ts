import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { afterAll, describe } from 'vitest'
import { openStorage, type Storage, type StorageOptions } from '../../../sync-server/storage/openStorage.ts'
import { createDatabase } from '../../harness/postgres.ts'

export interface Place {
  kind: Storage['kind']
  /** A new, empty database; gone when the suite ends. */
  empty(): Promise<StorageOptions>
  /** The tables that lie in it now, seen by somebody who repairs nothing. */
  tables(options: StorageOptions): Promise<string[]>
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
    tables: async ({ dataDir = '' }) => {
      const database = new DatabaseSync(join(dataDir, 'qiaomen.sqlite'))
      const rows = database.prepare("select name from sqlite_master where type = 'table'").all()
      database.close()
      return rows.map((row) => String(row['name']))
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
    tables: async ({ databaseUrl }) => {
      const client = new pg.Client({ connectionString: databaseUrl })
      await client.connect()
      const { rows } = await client.query<{ name: string }>(
        "select tablename as name from pg_tables where schemaname = 'public'",
      )
      await client.end()
      return rows.map((row) => row.name)
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
