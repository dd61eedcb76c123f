import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { namePostgresError, StorageTrouble } from '../storage/StorageTrouble.ts'

/** How long a server that was just stopped may take to be gone from PostgreSQL's own list. */
const GONE_WITHIN_MS = 3_000
const LOOK_EVERY_MS = 100

/**
 * Nobody may serve from a PostgreSQL whose history is about to be replaced: a server remembers bonds and grants by the
 * clock they were read at, and the new history uses the same clocks. (SQLite's file is locked by its server.)
 *
 * @throws StorageTrouble `data_dir_in_use`
 */
export async function assertNobodyServes(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'restore' })
  client.on('error', () => {})
  try {
    await client.connect()
    for (const givenUpAt = performance.now() + GONE_WITHIN_MS; ; await wait(LOOK_EVERY_MS)) {
      const { rows } = await client.query<{ servers: string }>(
        `select count(*) as servers from pg_stat_activity
         where datname = current_database() and application_name like 'qiaomen%'`,
      )
      if (rows[0]?.servers === '0') return
      if (performance.now() > givenUpAt) {
        throw new StorageTrouble('data_dir_in_use', 'a server works on this database: stop every one of them first')
      }
    }
  } catch (error) {
    throw namePostgresError(error)
  } finally {
    await client.end().catch(() => {})
  }
}
