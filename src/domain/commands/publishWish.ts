import { accept, command, refuse, row } from '../command.ts'
import { fields, id, text } from '../fields.ts'
import { holdsLongNumber } from '../programme/holdsLongNumber.ts'
import { put } from '../put.ts'
import { communityScope } from '../record.ts'

/** Tells the community of a wish. Whose it is stays with the office: a number that looks like somebody's is refused. */
export const publishWish = command({
  verb: 'wish/publish',
  version: 1,
  args: fields({ wishId: id, text: text(200, 1) }),
  reads: ({ wishId }) => [row('wish', wishId, communityScope)],
  decide({ args, at }, facts) {
    if (holdsLongNumber(args.text)) return refuse('digits_in_text')
    if (typeof facts.get('wish', args.wishId) === 'object') return refuse('id_conflict')
    const said = { id: args.wishId, text: args.text.trim(), publishedAt: at.effective }
    return accept([put('wish', { ...said, state: 'open', holder: null, word: '' })])
  },
})
