import * as v from 'valibot'
import { fields, id, list, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { memberScope } from '../record.ts'

/** 今晚敲门: an evening of one member in one or more stairwells, with the partners who walked along. */
export const session = kind({
  kind: 'session',
  schema: fields({
    id,
    memberId: id,
    partnerIds: list(id, 4),
    roundId: id,
    startedAt: time,
    endedAt: v.nullable(time),
  }),
  scopeOf: (body) => memberScope(body.memberId),
})
export type Session = v.InferOutput<typeof session.schema>
