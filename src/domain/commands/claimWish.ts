import { accept, command, refuse, row } from '../command.ts'
import { fields, id } from '../fields.ts'
import { put } from '../put.ts'
import { communityScope } from '../record.ts'
import { standingOf, WISH_LEASE_MS } from '../records/wish.ts'

/** 揽梦: the first one to be heard has the wish, for as long as the lease; everybody after is told so. */
export const claimWish = command({
  verb: 'wish/claim',
  version: 1,
  args: fields({ wishId: id }),
  reads: ({ wishId }) => [row('wish', wishId, communityScope)],
  decide({ args, actor, at }, facts) {
    const wish = facts.get('wish', args.wishId)
    if (wish === 'unknownHere') return accept([])
    if (wish === 'absent') return refuse('not_found')
    const standing = standingOf(wish, at.received)
    if (standing === 'claimed') return wish.holder?.memberId === actor.memberId ? accept([]) : refuse('wish_taken')
    if (standing !== 'open') return refuse('wish_over')
    const holder = { memberId: actor.memberId, until: at.received + WISH_LEASE_MS }
    return accept([put('wish', { ...wish, holder })])
  },
})
