import { accept, command, refuse, row } from '../command.ts'
import { fields, id } from '../fields.ts'
import { put } from '../put.ts'
import { communityScope } from '../record.ts'

/** The office ends a wish: one that came true was thanked for, any other is no longer looked after. */
export const closeWish = command({
  verb: 'wish/close',
  version: 1,
  args: fields({ wishId: id }),
  reads: ({ wishId }) => [row('wish', wishId, communityScope)],
  decide({ args }, facts) {
    const wish = facts.get('wish', args.wishId)
    if (wish === 'unknownHere') return accept([])
    if (wish === 'absent') return refuse('not_found')
    if (wish.state === 'thanked' || wish.state === 'closed') return accept([])
    const state = wish.state === 'fulfilled' ? ('thanked' as const) : ('closed' as const)
    return accept([put('wish', { ...wish, state })])
  },
})
