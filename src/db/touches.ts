import { isFacadeKind } from '../domain/coverage/facade.ts'
import type { Change, Ref } from '../domain/record.ts'
import { talliesOf } from './tallies.ts'

/** How a row is named wherever rows of all kinds lie together. */
export const keyOf = ({ kind, id }: Pick<Ref, 'kind' | 'id'>): string => `${kind} ${id}`

/** The rows that these changes write, the evenings that count them among them. */
export function writesOf(changes: readonly Change[]): string[] {
  return [...changes, ...talliesOf(changes)].map(keyOf)
}

/**
 * The rows for whose sake an outbox entry must be looked at again when one of them changes: what it wrote, and what it
 * looked at. A knock is nothing but what happened, whatever the rows say that it looked at; so it is not found by these,
 * or one word in the name of a round would call up a month of knocks.
 */
export function touchesOf(changes: readonly Change[], reads: readonly Pick<Ref, 'kind' | 'id'>[]): string[] {
  const isKnock = changes.length > 0 && changes.every(({ kind }) => isFacadeKind(kind))
  return [...new Set([...writesOf(changes), ...(isKnock ? [] : reads.map(keyOf))])]
}
