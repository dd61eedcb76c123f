import { mintId } from './hash.ts'
import type { ErasableTextName, Erasure } from './records/erasure.ts'
import type { Stairwell } from './records/stairwell.ts'

export function mintErasureId(text: ErasableTextName, subjectId: string): string {
  return mintId('erasure', text, subjectId)
}

/** A text that a command writes: which one, and the revision it is written over. */
export interface WrittenText {
  erasureId: string
  baseRevision: number
}

/** Whether what a command wrote was erased since: it is never taken in again, from whatever archive it comes. */
export function isErased(written: WrittenText, known: Erasure): boolean {
  return written.erasureId === known.id && written.baseRevision < known.through
}

/** The stairwell without its note, and with a revision that no erased note can be written over again (SYNC-14). */
export function redactedNote(body: Stairwell, through: number): Stairwell {
  const { accessNoteBy: _author, ...standing } = body
  const accessNoteRevision = Math.max(body.accessNoteRevision, through) + 1
  return { ...standing, accessNote: '', accessNoteRevision, accessNoteErased: true }
}
