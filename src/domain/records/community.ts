import * as v from 'valibot'
import { fields, id, list, text, whole } from '../fields.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

/** The community itself, one row whose id is the community's: its name and the settings that everyone needs offline. */
export const community = kind({
  kind: 'community',
  schema: fields({
    id,
    name: text(60, 1),
    ruleSetId: text(20, 1),
    questionsPerVisit: whole(0, 5),
    /** Polite hours for knocking, minutes after midnight, local time. */
    visitingFrom: whole(0, 1440),
    visitingUntil: whole(0, 1440),
    /** Local dates (YYYY-MM-DD) on which nobody knocks. */
    quietDays: list(v.pipe(v.string('bad_field'), v.isoDate('bad_field')), 100),
    revision: whole(0, 1e9),
  }),
  scopeOf: () => communityScope,
})
export type Community = v.InferOutput<typeof community.schema>
