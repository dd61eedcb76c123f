import * as v from 'valibot'
import { choice, fields, id, list, text, time } from '../fields.ts'
import { kind } from '../kind.ts'
import { communityScope } from '../record.ts'

export const ROLES = ['member', 'leader', 'officer'] as const
export type Role = (typeof ROLES)[number]
export const role = choice(ROLES)

/** One stretch of a membership on the server's clock. Intervals are closed and followed by new ones, never overwritten. */
export const bond = fields({ role, teamId: v.nullable(id), from: time, until: v.nullable(time) })
export type Bond = v.InferOutput<typeof bond>

/** One person's bond with one community, under the name that the person chose to be called by. */
export const member = kind({
  kind: 'member',
  schema: fields({ id, name: text(20, 1), bonds: list(bond, 200) }),
  scopeOf: () => communityScope,
})
export type Member = v.InferOutput<typeof member.schema>

/** The bond that has not ended, whatever any clock says: what a screen goes by. */
export function openBond(body: Member): Bond | undefined {
  return body.bonds.find((entry) => entry.until === null)
}

/** The bond that held at a moment on the server's clock, if any. */
export function bondAt(body: Member, moment: number): Bond | undefined {
  return body.bonds.find((entry) => entry.from <= moment && (entry.until === null || moment < entry.until))
}
