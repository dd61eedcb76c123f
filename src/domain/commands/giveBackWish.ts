import { TARGETS } from '../access.ts'
import { accept, command, refuse, row } from '../command.ts'
import { fields, id } from '../fields.ts'
import { put } from '../put.ts'
import { communityScope } from '../record.ts'

/** Whoever cannot see a wish through gives it back, and anybody may take it on again. */
export const giveBackWish = command({
  verb: 'wish/give-back',
  version: 1,
  args: fields({ wishId: id }),
  reads: ({ wishId }) => [row('wish', wishId, communityScope)],
  decide({ args, actor }, facts) {
    const wish = facts.get('wish', args.wishId)
    if (wish === 'unknownHere') return accept([])
    if (wish === 'absent') return refuse('not_found')
    if (!TARGETS.holdWish(actor, wish)) return refuse('not_yours')
    if (wish.state !== 'open') return refuse('wish_over')
    return accept(wish.holder === null ? [] : [put('wish', { ...wish, holder: null })])
  },
})
