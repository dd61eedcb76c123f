import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { ColumnTypes } from './columnTypes.ts'

/** By which token one will be followed, and until when it is good once it was. A server of before leaves both out. */
export function m005Rotation({ text, integer }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      const { schema } = db
      await schema.alterTable('deviceToken').addColumn('nextHash', text).execute()
      await schema.alterTable('deviceToken').addColumn('endsAt', integer).execute()
      await schema.createIndex('deviceToken_byNext').on('deviceToken').columns(['community', 'nextHash']).execute()
    },
  }
}
