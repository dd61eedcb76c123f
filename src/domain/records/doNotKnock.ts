import * as v from 'valibot'
import { choice, fields, id, time } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { stairwellScope } from '../record.ts'

/** A door's wish for peace: an axis of its own, standing across rounds and expiring. One row a door. */
export const doNotKnock = kind({
  kind: 'doNotKnock',
  schema: fields({
    id,
    stairwellId: id,
    doorId: id,
    since: time,
    until: time,
    askedBy: choice(['door', 'telephone']),
    visitId: v.nullable(id),
  }),
  scopeOf: (body) => stairwellScope(body.stairwellId),
})
export type DoNotKnock = v.InferOutput<typeof doNotKnock.schema>

export function mintDoNotKnockId(doorId: string): string {
  return mintId('doNotKnock', doorId)
}

/** A wish holds from the moment it is known, whatever the clocks say, until it runs out; a lifted one has no length. */
export function holdsWish(wish: DoNotKnock, now: number): boolean {
  return wish.until > wish.since && now < wish.until
}
