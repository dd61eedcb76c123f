import { TARGETS } from '../access.ts'
import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { mintErasureId, redactedNote } from '../erasures.ts'
import { fields, id, whole } from '../fields.ts'
import { communityScope, stairwellScope } from '../record.ts'

/**
 * 抹去: the note that the person saw goes for good, with every note before it, from all phones and from restored backups
 * (SYNC-14). A note that somebody wrote meanwhile is another text and stands.
 */
export const redactAccessNote = command({
  verb: 'stairwell/redact-note',
  version: 1,
  args: fields({ stairwellId: id, revision: whole(1, 1e9) }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ stairwellId }) => [
    row('stairwell', stairwellId, stairwellScope(stairwellId)),
    row('erasure', mintErasureId('accessNote', stairwellId), communityScope),
  ],
  decide({ args, actor, at }, facts) {
    const { stairwellId, revision } = args
    const stairwell = facts.get('stairwell', stairwellId)
    if (stairwell === 'absent') return refuse('not_found')
    if (stairwell === 'unknownHere') return accept([])
    if (!TARGETS.redactNote(actor, stairwell)) return refuse('not_yours')
    const id = mintErasureId('accessNote', stairwellId)
    const known = facts.get('erasure', id)
    const through = typeof known === 'object' ? Math.max(known.through, revision) : revision
    const said = { text: 'accessNote' as const, subjectId: stairwellId, through }
    const erased = put('erasure', { id, ...said, erasedBy: actor.memberId, erasedAt: at.received })
    if (stairwell.accessNoteRevision > revision) return accept([erased])
    return accept([erased, put('stairwell', redactedNote(stairwell, through))])
  },
})
