import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { mintErasureId } from '../erasures.ts'
import { fields, id, text, whole } from '../fields.ts'
import { stairwellScope } from '../record.ts'
import { holdsDoorCode } from '../roster/holdsDoorCode.ts'

/** How to get in. Two people who edit from the same base do not overwrite each other: the second is told (conflicts). */
export const editAccessNote = command({
  verb: 'stairwell/access-note',
  version: 1,
  args: fields({ stairwellId: id, baseRevision: whole(0, 1e9), note: text(200) }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId }) => [row('stairwell', stairwellId, stairwellScope(stairwellId))],
  writesText: ({ stairwellId, baseRevision }) => {
    return { erasureId: mintErasureId('accessNote', stairwellId), baseRevision }
  },
  decide({ args, actor }, facts) {
    const stairwell = facts.get('stairwell', args.stairwellId)
    if (stairwell === 'absent') return refuse('not_found')
    if (holdsDoorCode(args.note)) return refuse('door_code_in_note')
    if (stairwell === 'unknownHere') return accept([])
    if (stairwell.accessNoteRevision !== args.baseRevision) return refuse('stale_revision')
    const accessNoteRevision = stairwell.accessNoteRevision + 1
    const { accessNoteErased: _until, ...standing } = stairwell
    const note = { accessNote: args.note.trim(), accessNoteRevision, accessNoteBy: actor.memberId }
    return accept([put('stairwell', { ...standing, ...note })])
  },
})
