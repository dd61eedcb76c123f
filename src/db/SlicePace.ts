import { LIMITS } from '../protocol/limits.ts'

/** So long a tap may wait behind a slice, ms. */
const TAP_WAITS_MS = 50
/** Nobody taps before the first download has come through. */
const NOBODY_TAPS_MS = 400
const FIRST_ROWS = 12
const LEAST_ROWS = 10

/** Answers, rows and retirements take very different times, so each has a pace of its own. */
export interface SlicePaces {
  answers: SlicePace
  slices: SlicePace
  retirements: SlicePace
}

export const freshPaces = (): SlicePaces => ({
  answers: new SlicePace(),
  slices: new SlicePace(),
  retirements: new SlicePace(),
})

/**
 * How many rows go into one transaction: as many as this phone stores while a tap may wait. It begins carefully, and what a
 * slice took says how large the next one is.
 */
export class SlicePace {
  #rows = FIRST_ROWS

  get rows(): number {
    return Math.min(Math.round(this.#rows), LIMITS.rowsPerTransaction)
  }

  /**
   * @param rows how many the slice held
   * @param tookMs by the phone's clock, which may have been set meanwhile
   * @param isTappable whether somebody may be waiting
   */
  note(rows: number, tookMs: number, isTappable: boolean): void {
    const mayTakeMs = isTappable ? TAP_WAITS_MS : NOBODY_TAPS_MS
    // A short slice says little about a long one, unless it took too long already.
    if (tookMs < 0 || (rows < this.rows && tookMs <= mayTakeMs)) return
    const factor = Math.min(2, Math.max(0.5, mayTakeMs / Math.max(1, tookMs)))
    this.#rows = Math.min(LIMITS.rowsPerTransaction, Math.max(LEAST_ROWS, this.rows * factor))
  }
}
