import { grantAt, type Assignment } from '../records/assignment.ts'

/** A stairwell that is in a member's hands, or in the hands of the member's team. */
export interface HandedStairwell {
  stairwellId: string
  /** Handed to this very member; otherwise to the team without a name, or to other people of it. */
  isMine: boolean
  /** Who else was named. */
  otherIds: string[]
  leaseUntil: number | null
}

/**
 * The stairwells that a member may knock in now: their own first, then what the team holds.
 *
 * @param assignments those of the current round
 * @param teamId the member's team now; `null` for people without one
 * @param moment ms on the server's clock
 */
export function handedStairwells(
  assignments: Iterable<Assignment>,
  memberId: string,
  teamId: string | null,
  moment: number,
): HandedStairwell[] {
  const handed: HandedStairwell[] = []
  for (const assignment of assignments) {
    const grant = grantAt(assignment, moment)
    if (!grant || teamId === null || grant.teamId !== teamId) continue
    handed.push({
      stairwellId: assignment.stairwellId,
      isMine: grant.memberIds.includes(memberId),
      otherIds: grant.memberIds.filter((id) => id !== memberId),
      leaseUntil: grant.leaseUntil,
    })
  }
  return handed.sort((left, right) => Number(right.isMine) - Number(left.isMine))
}
