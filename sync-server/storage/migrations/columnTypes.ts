import { type RawBuilder, sql } from 'kysely'

/** The few words in which the two databases differ; a migration is written once with them. */
export interface ColumnTypes {
  /** Compared byte by byte on both, so that keys page in the same order everywhere and a cursor never depends on a locale. */
  text: RawBuilder<unknown>
  /** 64 bits on both. */
  integer: RawBuilder<unknown>
  /** JSON text: `body ->> 'x'` reads the same on both. */
  json: RawBuilder<unknown>
  /**
   * Closes a `create table`: SQLite checks column types in a strict table only. Rows keep their rowid, because ids are
   * random: appending rows and scattering small keys wrote half as much to the log as scattering the rows themselves.
   */
  tableEnd: RawBuilder<unknown>
}

/** The types of one kind of database. */
export function columnTypes(kind: 'sqlite' | 'postgres'): ColumnTypes {
  return kind === 'postgres'
    ? { text: sql`text collate "C"`, integer: sql`bigint`, json: sql`json`, tableEnd: sql`` }
    : { text: sql`text`, integer: sql`integer`, json: sql`text`, tableEnd: sql`strict` }
}
