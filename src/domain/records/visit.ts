import * as v from 'valibot'
import { fields, floorLevel, id, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { sharedOutcome } from '../outcome.ts'
import { stairwellScope } from '../record.ts'
import { doorLabel } from './stairwell.ts'

/**
 * A knock on one door with its outcome; immutable. It carries stairwell, level and label and stands alone. The hour at
 * which nobody answered is kept as a coarse band, because when a door is empty is nobody's business.
 */
export const visit = kind({
  kind: 'visit',
  schema: fields({
    id,
    stairwellId: id,
    roundId: id,
    doorId: id,
    level: floorLevel,
    label: doorLabel,
    outcome: sharedOutcome,
    sessionId: v.nullable(id),
    recordedBy: id,
    visitedAt: time,
    /** Only when the phone's clock was so wrong that `visitedAt` is an estimate. */
    estimated: v.optional(v.literal(true)),
  }),
  scopeOf: (body) => stairwellScope(body.stairwellId),
})
export type Visit = v.InferOutput<typeof visit.schema>
