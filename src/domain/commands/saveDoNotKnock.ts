import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, flag, id } from '../fields.ts'
import { stairwellScope } from '../record.ts'
import { mintDoNotKnockId } from '../records/doNotKnock.ts'
import { DO_NOT_KNOCK_MS } from './recordVisit.ts'

/** A wish for peace that reached the office by telephone, or the office's word that it no longer holds. */
export const saveDoNotKnock = command({
  verb: 'door/do-not-knock',
  version: 1,
  args: fields({ stairwellId: id, doorId: id, holds: flag }),
  reads: ({ stairwellId }) => [row('stairwell', stairwellId, stairwellScope(stairwellId))],
  decide({ args, at }, facts) {
    const { stairwellId, doorId, holds } = args
    const stairwell = facts.get('stairwell', stairwellId)
    if (stairwell === 'absent') return refuse('not_found')
    if (typeof stairwell === 'object' && !stairwell.doors.some((door) => door.id === doorId)) return refuse('not_found')
    const since = at.effective
    const until = holds ? since + DO_NOT_KNOCK_MS : since
    const wish = { id: mintDoNotKnockId(doorId), stairwellId, doorId, since, until, visitId: null }
    return accept([put('doNotKnock', { ...wish, askedBy: 'telephone' })])
  },
})
