import { KINDS, type Body, type KindName } from './kinds.ts'
import type { Change, Scope } from './record.ts'

/** `putOf` by the name of the kind, for rules that do not come with the first download: this file knows every kind. */
export function put<K extends KindName>(kind: K, body: Body<K>): Change {
  const scopeOf = KINDS[kind].scopeOf as (body: Body<K>) => Scope
  return { kind, id: body.id, scope: scopeOf(body), body }
}
