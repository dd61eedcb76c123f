import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, flag, id } from '../fields.ts'
import { withChangedDoor } from '../layout.ts'
import { stairwellScope } from '../record.ts'

/** The leader settles what a member noted at the wall: a 待核实 or retired door is confirmed, or taken out. */
export const confirmDoor = command({
  verb: 'door/confirm',
  version: 1,
  args: fields({ stairwellId: id, doorId: id, stands: flag }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId }) => [row('stairwell', stairwellId, stairwellScope(stairwellId))],
  decide({ args }, facts) {
    const stairwell = facts.get('stairwell', args.stairwellId)
    if (stairwell === 'absent') return refuse('not_found')
    if (stairwell === 'unknownHere') return accept([])
    if (!stairwell.doors.some((door) => door.id === args.doorId)) return refuse('not_found')
    const state = args.stands ? 'confirmed' : 'retired'
    return accept([put('stairwell', withChangedDoor(stairwell, args.doorId, { state }))])
  },
})
