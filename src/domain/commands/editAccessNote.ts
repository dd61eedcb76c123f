import { accept, command, put, refuse, row } from '../command.ts'
import { fields, id, text, whole } from '../fields.ts'
import { stairwellScope } from '../record.ts'

/** A run of digits beside a word for a code, or a bare run of four and more: a door code, which we never keep. */
const DOOR_CODE = /(密码|门码|口令|code|pin)[^\n]{0,12}?[0-9０-９#＃*＊]{3,}|[0-9０-９#＃*＊]{4,}/iu

/** Says whether a note would give away how to open a door. */
export function holdsDoorCode(note: string): boolean {
  return DOOR_CODE.test(note)
}

/** How to get in. Two people who edit from the same base do not overwrite each other: the second is told (conflicts). */
export const editAccessNote = command({
  verb: 'stairwell/access-note',
  version: 1,
  args: fields({ stairwellId: id, baseRevision: whole(0, 1e9), note: text(200) }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId }) => [row('stairwell', stairwellId, stairwellScope(stairwellId))],
  decide({ args }, facts) {
    const stairwell = facts.get('stairwell', args.stairwellId)
    if (stairwell === 'absent') return refuse('not_found')
    if (holdsDoorCode(args.note)) return refuse('door_code_in_note')
    if (stairwell === 'unknownHere') return accept([])
    if (stairwell.accessNoteRevision !== args.baseRevision) return refuse('stale_revision')
    const accessNoteRevision = stairwell.accessNoteRevision + 1
    return accept([put('stairwell', { ...stairwell, accessNote: args.note.trim(), accessNoteRevision })])
  },
})
