import { accept, command, refuse, row } from '../command.ts'
import { fields, id } from '../fields.ts'
import { put } from '../put.ts'
import { communityScope } from '../record.ts'
import { isOver } from '../records/activity.ts'

/** Takes one's own sign-up back; the first who waits moves up. */
export const withdrawSignUp = command({
  verb: 'activity/withdraw',
  version: 1,
  args: fields({ activityId: id }),
  reads: ({ activityId }) => [row('activity', activityId, communityScope)],
  decide({ args, actor, at }, facts) {
    const activity = facts.get('activity', args.activityId)
    if (activity === 'unknownHere') return accept([])
    if (activity === 'absent') return refuse('not_found')
    const people = activity.people.filter((memberId) => memberId !== actor.memberId)
    if (people.length === activity.people.length) return accept([])
    if (isOver(activity, at.received)) return refuse('activity_over')
    return accept([put('activity', { ...activity, people })])
  },
})
