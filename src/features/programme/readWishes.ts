import { readScope } from '../../db/read.ts'
import { readWho } from '../../db/readWho.ts'
import { communityScope } from '../../domain/record.ts'
import { standingOf, type Wish, type WishStanding } from '../../domain/records/wish.ts'
import { programmeMessages } from '../../messages/programme.ts'
import { readUnanswered } from './readUnanswered.ts'

/** Which part of the screen a wish stands in; whatever was closed stands in none. */
export type WishPart = 'mine' | 'open' | 'claimed' | 'done'

export interface WishSeen {
  wish: Wish
  standing: WishStanding
  part: WishPart
  /** Mine, and not answered yet. */
  isAsked: boolean
  /** Who took it on last, by the name that everybody calls them. */
  holder: string
}

export interface Wishes {
  isOfficer: boolean
  seen: WishSeen[]
}

/** So many wishes that came true are shown; the newest. */
const DONE_SHOWN = 30

/** Every wish that is still open or came true, newest first. */
export async function readWishes(): Promise<Wishes> {
  const [who, wishes, members, asked] = await Promise.all([
    readWho(),
    readScope('wish', communityScope),
    readScope('member', communityScope),
    readUnanswered('wishId'),
  ])
  const names = new Map(members.map(({ id, name }) => [id, name]))
  const seen = wishes.flatMap((wish): WishSeen[] => {
    const standing = standingOf(wish, who.now)
    if (standing === 'closed') return []
    const isMine = wish.holder?.memberId === who.memberId
    const part = standing === 'open' ? 'open' : standing !== 'claimed' ? 'done' : isMine ? 'mine' : 'claimed'
    const holder = wish.holder ? (names.get(wish.holder.memberId) ?? programmeMessages.somebody) : ''
    return [{ wish, standing, part, isAsked: isMine && asked.get(wish.id) === 'wish/claim', holder }]
  })
  seen.sort((left, right) => right.wish.publishedAt - left.wish.publishedAt)
  const done = seen.filter(({ part }) => part === 'done').slice(0, DONE_SHOWN)
  return { isOfficer: who.role === 'officer', seen: seen.filter(({ part }) => part !== 'done').concat(done) }
}
