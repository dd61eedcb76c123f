import { readScope } from '../../db/read.ts'
import { readWho } from '../../db/readWho.ts'
import { communityScope } from '../../domain/record.ts'
import { isOver, seatsOf, type Activity } from '../../domain/records/activity.ts'
import { programmeMessages } from '../../messages/programme.ts'
import { readUnanswered } from './readUnanswered.ts'

export interface ActivitySeen {
  activity: Activity
  /** Where this member stands: `asked` and `leaving` until the server has answered. */
  mine: 'none' | 'asked' | 'leaving' | 'seated' | 'waiting'
  /** The place in the line of those who wait, from 1. */
  place: number
  taken: number
  waiting: number
  isOver: boolean
  /** Who takes part, for whoever prepares it. */
  names: string[]
}

export interface Activities {
  isOfficer: boolean
  seen: ActivitySeen[]
}

/** What is past is looked up for two weeks. */
const PAST_MS = 14 * 86_400_000

/** Activities that are to come, the next one first, and then those of the last two weeks. */
export async function readActivities(): Promise<Activities> {
  const [who, activities, members, asked] = await Promise.all([
    readWho(),
    readScope('activity', communityScope),
    readScope('member', communityScope),
    readUnanswered('activityId'),
  ])
  const names = new Map(members.map(({ id, name }) => [id, name]))
  const mayName = who.role !== 'member'
  const seen = activities
    .filter(({ endsAt }) => endsAt > who.now - PAST_MS)
    .map((activity): ActivitySeen => {
      const { seated, waiting } = seatsOf(activity)
      const request = asked.get(activity.id)
      const place = waiting.indexOf(who.memberId) + 1
      const stands = seated.includes(who.memberId) ? 'seated' : place > 0 ? 'waiting' : 'none'
      const mine =
        stands !== 'none' && request === 'activity/sign-up'
          ? 'asked'
          : stands === 'none' && request === 'activity/withdraw'
            ? 'leaving'
            : stands
      const called = seated.map((id) => names.get(id) ?? programmeMessages.somebody)
      const counts = { taken: seated.length, waiting: waiting.length, isOver: isOver(activity, who.now) }
      return { activity, mine, place, ...counts, names: mayName ? called : [] }
    })
  const isPast = ({ activity }: ActivitySeen) => activity.endsAt <= who.now
  seen.sort(
    (left, right) => Number(isPast(left)) - Number(isPast(right)) || left.activity.startsAt - right.activity.startsAt,
  )
  return { isOfficer: who.role === 'officer', seen }
}
