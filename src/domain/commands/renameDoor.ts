import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, id } from '../fields.ts'
import { withChangedDoor } from '../layout.ts'
import { stairwellScope } from '../record.ts'
import { doorLabel } from '../records/stairwell.ts'
import { normaliseLabel } from '../roster/normaliseLabel.ts'

/** A plate that fell off or was changed. The door's id stays; the former label is never given to another door. */
export const renameDoor = command({
  verb: 'door/rename',
  version: 1,
  args: fields({ stairwellId: id, doorId: id, label: doorLabel }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId }) => [row('stairwell', stairwellId, stairwellScope(stairwellId))],
  decide({ args }, facts) {
    const stairwell = facts.get('stairwell', args.stairwellId)
    if (stairwell === 'absent') return refuse('not_found')
    if (stairwell === 'unknownHere') return accept([])
    const door = stairwell.doors.find((entry) => entry.id === args.doorId)
    if (!door || door.state === 'retired') return refuse('not_found')
    const label = normaliseLabel(args.label)
    if (label === '') return refuse('bad_field')
    if (label === door.label) return accept([])
    const others = stairwell.doors.filter((entry) => entry.id !== door.id)
    if (others.some((entry) => entry.label === label && entry.state !== 'retired')) return refuse('label_taken')
    if (others.some((entry) => entry.label === label || entry.former?.includes(label))) return refuse('label_retired')
    const former = [...new Set([...(door.former ?? []), door.label])].filter((entry) => entry !== label)
    if (former.length > 20) return refuse('too_many')
    return accept([put('stairwell', withChangedDoor(stairwell, door.id, { label, former, state: 'toConfirm' }))])
  },
})
