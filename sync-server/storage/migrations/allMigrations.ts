import type { Migration } from 'kysely/migration'
import { columnTypes } from './columnTypes.ts'
import { m001Records } from './m001Records.ts'
import { m002Journal } from './m002Journal.ts'
import { m004Handover } from './m004Handover.ts'
import { m005Rotation } from './m005Rotation.ts'

/**
 * Every step of the schema, oldest first; a name is permanent and sorts after the ones before it. A step expands; what
 * it makes needless is removed no earlier than one release later, by a step that also raises `schemaRead`.
 */
export function allMigrations(kind: 'sqlite' | 'postgres'): Record<string, Migration> {
  const types = columnTypes(kind)
  return {
    '001-records': m001Records(types),
    '002-journal': m002Journal(types),
    '004-handover': m004Handover(types),
    '005-rotation': m005Rotation(types),
  }
}
