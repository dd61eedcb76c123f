import * as v from 'valibot'
import { choice, fields, id, time, whole } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { officersScope, teamScope } from '../record.ts'

/**
 * How a phone noticed that it lost something. `vanished`: its database is not there any more, evicted, cleared or so
 * corrupt that the browser began a new one. `emptied`: the database is there and knows nothing. `fellBack`: it is an
 * older image of itself. `rowsMissing`: single saved things are gone. `numbersLost`: the server waits for numbers that
 * the phone does not have. `quarantined`: rows that nobody can read were set aside.
 */
export const LOSS_CODES = ['vanished', 'emptied', 'fellBack', 'rowsMissing', 'numbersLost', 'quarantined'] as const
export type LossCode = (typeof LOSS_CODES)[number]

/** A phone says that something saved on it may be gone. Its leader reads it, to think back together; nobody else does. */
export const phoneLoss = kind({
  kind: 'phoneLoss',
  schema: fields({
    id,
    deviceId: id,
    memberId: id,
    teamId: v.nullable(id),
    code: choice(LOSS_CODES),
    /** How many unsent things may be gone at most; `null` where nobody knows. */
    atMost: v.nullable(whole(0, 1e6)),
    noticedAt: time,
  }),
  scopeOf: (body) => (body.teamId === null ? officersScope : teamScope(body.teamId)),
})
export type PhoneLoss = v.InferOutput<typeof phoneLoss.schema>

/** One row per loss of one phone, and per team: a record's scope never changes. */
export function mintPhoneLossId(deviceId: string, lossId: string, teamId: string | null): string {
  return mintId('phoneLoss', deviceId, lossId, teamId ?? '')
}
