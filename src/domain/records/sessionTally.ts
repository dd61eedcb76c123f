import * as v from 'valibot'
import { fields, flag, id } from '../fields.ts'
import { kind } from '../kind.ts'
import { sharedOutcome } from '../outcome.ts'
import { memberScope } from '../record.ts'

/** One visit as a session counts it. `outcome` is absent until the visit itself is known here. */
export const tallyMark = fields({
  stairwellId: id,
  doorId: id,
  outcome: v.optional(sharedOutcome),
  quizzed: v.optional(flag),
  voided: v.optional(flag),
})
export type TallyMark = v.InferOutput<typeof tallyMark>

/**
 * What one evening came to, by visit. A projection in the member's own scope: it stays when a stairwell is handed to
 * somebody else, so a person's number never falls because work was reassigned (SYNC-5).
 */
export const sessionTally = kind({
  kind: 'sessionTally',
  schema: fields({ id, sessionId: id, memberId: id, visits: v.record(v.string(), tallyMark, 'bad_field') }),
  scopeOf: (body) => memberScope(body.memberId),
})
export type SessionTally = v.InferOutput<typeof sessionTally.schema>
