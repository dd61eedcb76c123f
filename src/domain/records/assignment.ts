import * as v from 'valibot'
import { fields, id, list, time, whole } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

/** One stretch during which a stairwell was in a team's hands, with the people who were to knock there. */
export const grant = fields({
  teamId: id,
  memberIds: list(id, 8),
  from: time,
  until: v.nullable(time),
  /** A soft lease: a reminder to hand back, never a lock. */
  leaseUntil: v.nullable(time),
})
export type Grant = v.InferOutput<typeof grant>

/** Who holds a stairwell in a round. Grants are intervals on the server's clock: closed and followed, never overwritten. */
export const assignment = kind({
  kind: 'assignment',
  schema: fields({ id, stairwellId: id, roundId: id, grants: list(grant, 200), revision: whole(0, 1e9) }),
  scopeOf: () => communityScope,
})
export type Assignment = v.InferOutput<typeof assignment.schema>

export function mintAssignmentId(roundId: string, stairwellId: string): string {
  return mintId('assignment', roundId, stairwellId)
}

/** The grant that held at a moment on the server's clock, if any. */
export function grantAt(body: Assignment, moment: number): Grant | undefined {
  return body.grants.find((entry) => entry.from <= moment && (entry.until === null || moment < entry.until))
}
