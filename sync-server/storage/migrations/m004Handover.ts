import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { ColumnTypes } from './columnTypes.ts'

/** Who brought a command along in a file, for its recorder (SYNC-13). A server of before leaves it out. */
export function m004Handover({ text }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('command').addColumn('carrier', text).execute()
    },
  }
}
