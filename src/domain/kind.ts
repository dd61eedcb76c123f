import type * as v from 'valibot'
import type { Scope } from './record.ts'

/** One kind of record: its name on the wire, what its body holds, and in which scope it lies. */
export interface Kind<Name extends string, S extends v.GenericSchema<unknown, { id: string }>> {
  kind: Name
  schema: S
  scopeOf(body: v.InferOutput<S>): Scope
}

export function kind<const Name extends string, S extends v.GenericSchema<unknown, { id: string }>>(
  definition: Kind<Name, S>,
): Kind<Name, S> {
  return definition
}
