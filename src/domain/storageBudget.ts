/** How much room there is, in bytes, as far as the browser tells. */
export interface Room {
  usage: number
  quota: number
}

/** What a phone holds that can be had again or is kept for a while only. Unsent work is not in this list, on purpose. */
export interface Spare {
  /** Acknowledged commands that are older than any restore reaches back (SYNC-8). */
  sentTooOld: number
  /** Closed rounds whose events are still here, by number; the façades drawn from them stay. */
  closedRounds: readonly { roundId: string; number: number }[]
}

/** One thing to let go, in this order. */
export type Eviction = { what: 'sentTooOld' } | { what: 'closedRound'; roundId: string }

/** A phone keeps far below what browsers allow: whoever holds most is cleared first. */
export const BUDGET_BYTES = 150 * 1_048_576
const TIGHT_SHARE = 0.8

/** Whether the phone should let something go before it has to. */
export function isTight({ usage, quota }: Room): boolean {
  return usage > BUDGET_BYTES || usage > quota * TIGHT_SHARE
}

/**
 * What may go, first things first: what nobody needs any more, then the events of closed rounds, the oldest round first.
 * It can be downloaded again. What is unsent, held or refused never stands here, and neither does the round under way.
 */
export function orderEvictions({ sentTooOld, closedRounds }: Spare): Eviction[] {
  const rounds = [...closedRounds].sort((left, right) => left.number - right.number)
  return [
    ...(sentTooOld > 0 ? [{ what: 'sentTooOld' as const }] : []),
    ...rounds.map(({ roundId }) => ({ what: 'closedRound' as const, roundId })),
  ]
}
