import type { Kysely } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration'
import { StorageTrouble } from './StorageTrouble.ts'
import type { Tables } from './tables.ts'

/** The setting that names the oldest step a server must know to work on this database; absent means any. */
export const SCHEMA_READ = 'schemaRead'

/**
 * Brings the schema to the last step of `steps`, one transaction a step, so that a crash leaves the step before whole.
 * A database that a newer server has migrated further is used as it is, unless its `schemaRead` forbids that.
 *
 * @throws StorageTrouble `schema_newer` or `migration_failed`.
 */
export async function migrate(db: Kysely<Tables>, steps: Record<string, Migration>): Promise<void> {
  const known = Object.keys(steps).sort()
  const last = known.at(-1) ?? ''
  const taken = await stepsTaken(db)
  const unknown = taken.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    const needed = await db.selectFrom('setting').select('value').where('name', '=', SCHEMA_READ).executeTakeFirst()
    if (unknown.some((name) => name < last) || (needed !== undefined && needed.value > last)) {
      throw new StorageTrouble(
        'schema_newer',
        `the database has taken ${unknown.join(', ')}, this server knows ${last}`,
      )
    }
    return
  }
  // A database that is up to date is opened without taking a lock, so that an operator's verb waits for nobody.
  if (known.every((name) => taken.includes(name))) return
  const migrator = new Migrator({ db, provider: { getMigrations: async () => steps } })
  for (;;) {
    const { error, results } = await migrator.migrateUp()
    if (error instanceof StorageTrouble) throw error
    if (error !== undefined) throw new StorageTrouble('migration_failed', String(error), error)
    if (!results || results.length === 0) return
  }
}

/** The steps of the schema that a database has taken, in their order; none where it has none. */
export async function stepsTaken(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === DEFAULT_MIGRATION_TABLE)) return []
  const directory = db.withTables<{ [DEFAULT_MIGRATION_TABLE]: { name: string } }>()
  const rows = await directory.selectFrom(DEFAULT_MIGRATION_TABLE).select('name').execute()
  return rows.map((row) => row.name).sort()
}
