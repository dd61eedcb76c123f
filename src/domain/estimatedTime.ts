/**
 * By how much a claimed time may be bent before anybody would read something else: clocks drift by seconds, and what is
 * shown of a visit is its day and a coarse band.
 */
const UNSEEN_BEND_MS = 10 * 60_000

/**
 * Whether the time of a deed is an estimate (SYNC-5): the phone's clock claimed a moment that cannot be, 1970 or 2099 or
 * an hour before its last sync, so the nearest possible one stands in its place. The deed counts all the same.
 *
 * @param corrected the phone's claim by the offset it last saw, ms
 * @param effective the moment that was taken instead, ms
 */
export function isEstimated(corrected: number, effective: number): boolean {
  return Math.abs(corrected - effective) > UNSEEN_BEND_MS
}
