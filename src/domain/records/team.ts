import type * as v from 'valibot'
import { fields, id, text, whole } from '../fields.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

/** A service team. Who is in it stands in the members' bonds. */
export const team = kind({
  kind: 'team',
  schema: fields({ id, name: text(30, 1), revision: whole(0, 1e9) }),
  scopeOf: () => communityScope,
})
export type Team = v.InferOutput<typeof team.schema>
