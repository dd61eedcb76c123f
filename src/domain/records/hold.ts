import * as v from 'valibot'
import { choice, fields, id, text, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { officersScope, teamScope } from '../record.ts'

/** A command that waits for a person: what it wants to do, who sent it, and why it was not simply applied. */
export const hold = kind({
  kind: 'hold',
  schema: fields({
    id,
    commandId: id,
    memberId: id,
    teamId: v.nullable(id),
    verb: text(40),
    why: choice(['notGranted', 'tooOld', 'pendingDevice', 'unknownVersion', 'fault', 'restored']),
    stairwellId: v.nullable(id),
    doorLabel: v.nullable(text(16)),
    claimedAt: time,
    /** Only when the phone's clock was so wrong that `claimedAt` is an estimate. */
    estimated: v.optional(v.literal(true)),
    state: choice(['waiting', 'accepted', 'declined']),
  }),
  scopeOf: (body) => (body.teamId === null ? officersScope : teamScope(body.teamId)),
})
export type Hold = v.InferOutput<typeof hold.schema>
