import { localDate } from '../times.ts'

/** Who ends the evening within this time of the last knock ends it now: the way down belongs to it. */
const WAY_DOWN_MS = 30 * 60_000

/**
 * When an evening was over. Somebody who submits at home, or the next day, did not serve until then: the evening ended
 * with its last knock.
 *
 * @param startedAt beginning of the session, ms
 * @param lastDeedAt last thing done at a door in it, ms; `null` when this phone knows of none
 * @param now ms on the server's clock, as the others
 */
export function endOfEvening(startedAt: number, lastDeedAt: number | null, now: number): number {
  if (lastDeedAt !== null) return now - lastDeedAt <= WAY_DOWN_MS ? now : Math.max(startedAt, lastDeedAt)
  return localDate(startedAt) === localDate(now) ? now : startedAt
}
