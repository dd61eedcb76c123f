import * as v from 'valibot'
import { accept, command, refuse, row } from '../command.ts'
import { fields, flag, id, text, time, whole } from '../fields.ts'
import { put } from '../put.ts'
import { communityScope } from '../record.ts'
import { MOST_SIGNED_UP } from '../records/activity.ts'

/** Announces an activity (base revision 0), changes what is said of it, or cancels it. Whoever signed up stays on the list. */
export const saveActivity = command({
  verb: 'activity/save',
  version: 1,
  args: fields({
    activityId: id,
    baseRevision: whole(0, 1e9),
    title: text(40, 1),
    place: text(40),
    startsAt: time,
    endsAt: time,
    seats: v.nullable(whole(1, MOST_SIGNED_UP)),
    cancelled: flag,
  }),
  reads: ({ activityId }) => [row('activity', activityId, communityScope)],
  decide({ args }, facts) {
    const { activityId, baseRevision, cancelled, ...said } = args
    if (said.endsAt < said.startsAt) return refuse('bad_field')
    const known = facts.get('activity', activityId)
    if (known === 'unknownHere') return accept([])
    const revision = known === 'absent' ? 0 : known.revision
    if (revision !== baseRevision) return refuse('stale_revision')
    const people = known === 'absent' ? [] : known.people
    const state = cancelled ? ('cancelled' as const) : ('announced' as const)
    return accept([put('activity', { id: activityId, ...said, state, people, revision: revision + 1 })])
  },
})
