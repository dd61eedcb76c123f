import { TARGETS } from '../access.ts'
import { accept, command, refuse, row } from '../command.ts'
import { fields, id, text } from '../fields.ts'
import { holdsLongNumber } from '../programme/holdsLongNumber.ts'
import { put } from '../put.ts'
import { communityScope } from '../record.ts'

/** 圆梦: its holder says that a wish has come true. One that ran out meanwhile and that nobody else took still counts. */
export const fulfilWish = command({
  verb: 'wish/fulfil',
  version: 1,
  args: fields({ wishId: id, word: text(100) }),
  reads: ({ wishId }) => [row('wish', wishId, communityScope)],
  decide({ args, actor }, facts) {
    if (holdsLongNumber(args.word)) return refuse('digits_in_text')
    const wish = facts.get('wish', args.wishId)
    if (wish === 'unknownHere') return accept([])
    if (wish === 'absent') return refuse('not_found')
    if (!TARGETS.holdWish(actor, wish)) return refuse('not_yours')
    if (wish.state !== 'open' || wish.holder === null) return refuse('wish_over')
    return accept([put('wish', { ...wish, state: 'fulfilled', word: args.word.trim() })])
  },
})
