import { here } from './here.ts'

/** Verbs that are done at a door. */
const DOORSTEP_VERBS: ReadonlySet<string> = new Set(['visit/record', 'visit/no-entry', 'quiz/record'])

/**
 * When this phone last did something at a door, unsent or acknowledged: ms on the server's clock as the phone knew it.
 *
 * @param since older deeds are not looked at, ms
 * @returns `null` when there is none: the evening may have been another phone's
 */
export async function readLastDeed(since: number): Promise<number | null> {
  const { outbox, sent } = here().database
  const waiting = await outbox.orderBy('seq').reverse().limit(500).toArray()
  const acknowledged = (await sent.where('at').aboveOrEqual(since).toArray()).map((entry) => entry.command)
  const deeds = [...waiting, ...acknowledged].filter(({ verb }) => DOORSTEP_VERBS.has(verb))
  const moments = deeds.map(({ claimedAt, offsetMs }) => claimedAt - offsetMs).filter((moment) => moment >= since)
  return moments.length > 0 ? Math.max(...moments) : null
}
