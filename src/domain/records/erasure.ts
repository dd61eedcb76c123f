import type * as v from 'valibot'
import { choice, fields, id, time, whole } from '../fields.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

/** Texts that a person may have put a name into, and that may therefore be erased. */
const erasableText = choice(['accessNote'])
export type ErasableTextName = v.InferOutput<typeof erasableText>

/**
 * That a text was erased, and nothing of what it said. One row a text; it lies in everybody's scope, because whoever wrote
 * the text may have lost the stairwell since and keeps the command for offering it again (SYNC-14).
 */
export const erasure = kind({
  kind: 'erasure',
  schema: fields({
    id,
    text: erasableText,
    /** The record that held the text: for an access note its stairwell. */
    subjectId: id,
    /** The last revision of the text that is gone; what was written after it stands. */
    through: whole(0, 1e9),
    erasedBy: id,
    erasedAt: time,
  }),
  scopeOf: () => communityScope,
})
export type Erasure = v.InferOutput<typeof erasure.schema>
