import { save } from '../../db/here.ts'
import type { Refusal } from '../../domain/command.ts'
import type { Handing } from './readAssign.ts'

const DAY_MS = 86_400_000

/** The end of a local day, ms: a lease lasts through the date on which it ends. */
export function endOfDay(date: string): number | null {
  const begin = Date.parse(`${date}T00:00:00+08:00`)
  return Number.isNaN(begin) ? null : begin + DAY_MS - 1
}

/** Hands stairwells to a team and its people, or takes them back (`teamId` null), one command each. */
export async function handOut(
  handings: readonly Handing[],
  roundId: string,
  to: { teamId: string | null; memberIds: string[]; leaseUntil: number | null },
): Promise<{ done: number; refusal: Refusal | null }> {
  let done = 0
  for (const { stairwell, revision } of handings) {
    const saved = await save('assignment/save', { stairwellId: stairwell.id, roundId, baseRevision: revision, ...to })
    if (!saved.saved) return { done, refusal: saved.code }
    done++
  }
  return { done, refusal: null }
}
