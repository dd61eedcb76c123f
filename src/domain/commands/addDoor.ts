import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, floorLevel, id } from '../fields.ts'
import { withDoor } from '../layout.ts'
import { stairwellScope } from '../record.ts'
import { doorKind, doorLabel, mintDoorId, MOST_DOORS } from '../records/stairwell.ts'
import { normaliseLabel } from '../roster/normaliseLabel.ts'

/** A door seen on the wall and not in the list. Added as 待核实; added twice it is still one door. */
export const addDoor = command({
  verb: 'door/add',
  version: 1,
  args: fields({ stairwellId: id, level: floorLevel, label: doorLabel, kind: doorKind }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId }) => [row('stairwell', stairwellId, stairwellScope(stairwellId))],
  decide({ args }, facts) {
    const stairwell = facts.get('stairwell', args.stairwellId)
    if (stairwell === 'absent') return refuse('not_found')
    const label = normaliseLabel(args.label)
    if (label === '') return refuse('bad_field')
    if (stairwell === 'unknownHere') return accept([])
    const doorId = mintDoorId(stairwell.id, label)
    const standing = stairwell.doors.find((door) => door.id === doorId)
    if (standing?.state === 'retired' || stairwell.doors.some((door) => door.former?.includes(label))) {
      return refuse('label_retired')
    }
    if (standing || stairwell.doors.some((door) => door.label === label && door.state !== 'retired')) return accept([])
    if (stairwell.doors.length >= MOST_DOORS) return refuse('too_many')
    return accept([put('stairwell', withDoor(stairwell, { id: doorId, label, level: args.level, kind: args.kind }))])
  },
})
