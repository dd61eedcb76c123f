import * as v from 'valibot'
import { choice, fields, id, text, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

/** How long somebody has a wish to themselves, ms: fourteen days, our suggestion. Then anybody may take it over. */
export const WISH_LEASE_MS = 14 * 86_400_000

/** A small need in the neighbourhood that one person takes on: whose need it is stays with the office. */
export const wish = kind({
  kind: 'wish',
  schema: fields({
    id,
    text: text(200, 1),
    state: choice(['open', 'fulfilled', 'thanked', 'closed']),
    publishedAt: time,
    /** Who has taken it on, and until when it is theirs, on the server's clock; who fulfilled it, once it is. */
    holder: v.nullable(fields({ memberId: id, until: time })),
    /** What became of it, in its holder's words. */
    word: text(100),
  }),
  scopeOf: () => communityScope,
})
export type Wish = v.InferOutput<typeof wish.schema>

/** Where a wish stands: 寻梦 (open), 揽梦 (claimed), 圆梦 (fulfilled), 已道谢 (thanked), or closed. */
export type WishStanding = Wish['state'] | 'claimed'

/** @param now ms on the server's clock: a lease that has run out holds nobody off */
export function standingOf({ state, holder }: Pick<Wish, 'state' | 'holder'>, now: number): WishStanding {
  return state === 'open' && holder !== null && now < holder.until ? 'claimed' : state
}
