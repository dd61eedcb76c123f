import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, id } from '../fields.ts'
import { withChangedDoor } from '../layout.ts'
import { stairwellScope } from '../record.ts'

/** A door that was sealed or walled up. It leaves the façade; its visits and its label stay its own. */
export const retireDoor = command({
  verb: 'door/retire',
  version: 1,
  args: fields({ stairwellId: id, doorId: id }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId }) => [row('stairwell', stairwellId, stairwellScope(stairwellId))],
  decide({ args }, facts) {
    const stairwell = facts.get('stairwell', args.stairwellId)
    if (stairwell === 'absent') return refuse('not_found')
    if (stairwell === 'unknownHere') return accept([])
    const door = stairwell.doors.find((entry) => entry.id === args.doorId)
    if (!door) return refuse('not_found')
    if (door.state === 'retired') return accept([])
    return accept([put('stairwell', withChangedDoor(stairwell, door.id, { state: 'retired' }))])
  },
})
