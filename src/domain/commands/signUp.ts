import { accept, command, refuse, row } from '../command.ts'
import { fields, id } from '../fields.ts'
import { put } from '../put.ts'
import { communityScope } from '../record.ts'
import { isOver, MOST_SIGNED_UP } from '../records/activity.ts'

/** 我参加: a seat while there is one, a place among those who wait otherwise, in the order in which the server hears of it. */
export const signUp = command({
  verb: 'activity/sign-up',
  version: 1,
  args: fields({ activityId: id }),
  reads: ({ activityId }) => [row('activity', activityId, communityScope)],
  decide({ args, actor, at }, facts) {
    const activity = facts.get('activity', args.activityId)
    if (activity === 'unknownHere') return accept([])
    if (activity === 'absent') return refuse('not_found')
    if (activity.people.includes(actor.memberId)) return accept([])
    if (isOver(activity, at.received)) return refuse('activity_over')
    if (activity.people.length >= MOST_SIGNED_UP) return refuse('too_many')
    return accept([put('activity', { ...activity, people: [...activity.people, actor.memberId] })])
  },
})
