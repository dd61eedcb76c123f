/**
 * When a deed was done, as far as the server believes it (SYNC-5): the phone's claim corrected by the offset it last saw,
 * never before its last finished sync and never after the receipt. Clocks only describe; a true visit is never refused
 * for a wrong clock.
 *
 * @returns the moment in ms, and whether the claim had to be bent to get there
 */
export function effectiveTime(
  claimed: number,
  offsetMs: number,
  lastSync: number | null,
  received: number,
): { effective: number; clamped: boolean } {
  const corrected = claimed - offsetMs
  const effective = Math.min(Math.max(corrected, lastSync ?? corrected), received)
  return { effective, clamped: effective !== corrected }
}
