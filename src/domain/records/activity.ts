import * as v from 'valibot'
import { choice, fields, id, list, text, time, whole } from '../fields.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

/** No more people than this stand on one list. */
export const MOST_SIGNED_UP = 500

/** Something that many do together at one place and time. Who takes part signs up; nobody is counted afterwards. */
export const activity = kind({
  kind: 'activity',
  schema: fields({
    id,
    title: text(40, 1),
    place: text(40),
    startsAt: time,
    endsAt: time,
    /** `null` where there is room for everybody. */
    seats: v.nullable(whole(1, MOST_SIGNED_UP)),
    state: choice(['announced', 'cancelled']),
    /** Members in the order in which the server heard of them. */
    people: list(id, MOST_SIGNED_UP),
    /** Of what the office says of it; signing up does not raise it. */
    revision: whole(1, 1e9),
  }),
  scopeOf: () => communityScope,
})
export type Activity = v.InferOutput<typeof activity.schema>

/** Who has a seat, and who waits for one (候补): the first come have them, and who leaves makes room for the first who waits. */
export function seatsOf({ people, seats }: Pick<Activity, 'people' | 'seats'>): {
  seated: readonly string[]
  waiting: readonly string[]
} {
  const room = seats ?? people.length
  return { seated: people.slice(0, room), waiting: people.slice(room) }
}

/** @param now ms on the server's clock */
export function isOver({ state, startsAt }: Pick<Activity, 'state' | 'startsAt'>, now: number): boolean {
  return state === 'cancelled' || startsAt <= now
}
