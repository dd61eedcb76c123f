import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { ColumnTypes } from './columnTypes.ts'

/** The journal of revocations and erasures: it stays when a backup takes the place of everything else (SYNC-14). */
export function m002Journal({ text, integer, json, tableEnd }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('journal')
        .modifyEnd(tableEnd)
        .addColumn('community', text, (c) => c.notNull())
        .addColumn('epoch', text, (c) => c.notNull())
        .addColumn('clock', integer, (c) => c.notNull())
        .addColumn('at', integer, (c) => c.notNull())
        .addColumn('kind', text, (c) => c.notNull())
        .addColumn('id', text, (c) => c.notNull())
        .addColumn('body', json, (c) => c.notNull())
        .addPrimaryKeyConstraint('journal_pk', ['community', 'epoch', 'clock'])
        .execute()
      await db.schema.createIndex('journal_byRecord').on('journal').columns(['community', 'kind', 'id']).execute()
    },
  }
}
