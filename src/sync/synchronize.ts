import type { Database } from '../db/database.ts'
import { forgetCursor, renumber, startOver } from '../db/lane.ts'
import { nextBatch } from '../db/outbox.ts'
import type { Seam } from '../db/seam.ts'
import { settle } from '../db/settle.ts'
import { DAY_MS, LIMITS } from '../protocol/limits.ts'
import type { SyncAnswer, SyncRequest, WireCommand } from '../protocol/sync.ts'
import { troubleOf } from '../remote/request.ts'
import { Trouble } from '../remote/Trouble.ts'

/** What is remembered between cycles; it only makes them cheaper, never right or wrong. */
export interface Pace {
  /** How many commands go into one request; halved by 413, grown again by success. */
  batch: number
  /** The last push failed: the next cycle pulls first (SYNC-4). */
  pullFirst: boolean
}

export const freshPace = (): Pace => ({ batch: LIMITS.commandsPerRequest, pullFirst: false })

/** How a cycle ended. `pending` is a phone that nobody has confirmed yet. */
export type CycleEnd = 'synced' | 'pending'

/** A cycle that goes round more often than this has met something that it does not understand. */
const MOST_ROUNDS = 2_000

/**
 * One sync cycle, from top to bottom: take the next commands, ask, settle, until nothing is left either way. It may die
 * between any two lines: what was sent is answered the same again (SYNC-2), what was not stored is asked for again
 * (SYNC-6), and an answer is stored in the one transaction that uses it (SYNC-1).
 *
 * @throws Trouble when the network or the server does not let it finish; everything unsent is still there
 */
export async function synchronize(
  database: Database,
  seam: Pick<Seam, 'clock' | 'rng' | 'net'>,
  pace: Pace,
  appVersion: string,
): Promise<CycleEnd> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { request, waiting } = await compose(database, pace, appVersion)
    const answer = await ask(database, seam, pace, request)
    if (!answer) continue
    const settled = await settle(database, seam, request.cursor, answer, answer.device === 'active')
    if (settled === 'staleMembership') return 'synced'
    if (answer.lane) await mendLane(database, seam, answer, request)
    pace.pullFirst = false
    const unsent = waiting - request.commands.length
    const pushed = answer.lane === null && unsent <= 0
    if (answer.device === 'pending') {
      if (pushed) return 'pending'
      continue
    }
    if (pushed && !answer.more) return 'synced'
  }
  throw new Trouble('offline')
}

async function compose(
  database: Database,
  pace: Pace,
  appVersion: string,
): Promise<{ request: SyncRequest; waiting: number }> {
  const { state, commands, waiting } = await nextBatch(database, pace.pullFirst ? 0 : pace.batch)
  const { deviceId, incarnation, epoch, cursor, membership } = state
  const envelope = { protocol: LIMITS.protocol, device: deviceId, incarnation, epoch, cursor, membership, appVersion }
  const fitting = fit(commands)
  return { request: { ...envelope, commands: fitting, unsent: waiting - fitting.length, pull: true }, waiting }
}

/** As many commands as the inflated limit leaves room for, and always one. */
function fit(commands: readonly WireCommand[]): WireCommand[] {
  let left = LIMITS.inflatedBytes / 2
  const fitting: WireCommand[] = []
  for (const command of commands) {
    // Chinese takes three bytes a character on the wire; a code unit is at most three.
    left -= JSON.stringify(command).length * 3
    if (left < 0 && fitting.length > 0) break
    fitting.push(command)
  }
  return fitting
}

/** Sends one request. `null` says that something was put right and the round begins anew. */
async function ask(
  database: Database,
  seam: Pick<Seam, 'clock' | 'rng' | 'net'>,
  pace: Pace,
  request: SyncRequest,
): Promise<SyncAnswer | null> {
  const answer = await seam.net.post('/api/sync', JSON.stringify(request)).catch((error: unknown) => {
    if (request.commands.length > 0) pace.pullFirst = true
    throw error
  })
  if (answer.status === 200) {
    pace.batch = Math.min(LIMITS.commandsPerRequest, pace.batch * 2)
    return answer.body as SyncAnswer
  }
  const trouble = troubleOf(answer)
  if (trouble.code === 'too_large' && request.commands.length > 1) {
    pace.batch = Math.max(1, Math.floor(request.commands.length / 2))
    return null
  }
  if (trouble.code === 'epoch_changed') {
    await startOver(database, seam.rng, null, seam.clock.now() - LIMITS.reofferDays * DAY_MS)
    return null
  }
  if (trouble.code === 'cursor_invalid' && request.cursor !== null) {
    await forgetCursor(database)
    return null
  }
  if (request.commands.length > 0) pace.pullFirst = true
  throw trouble
}

/** The server's numbers and ours do not meet: a new incarnation carries what is unsent, and the member is told. */
async function mendLane(
  database: Database,
  seam: Pick<Seam, 'rng'>,
  answer: SyncAnswer,
  request: SyncRequest,
): Promise<void> {
  if (!answer.lane) return
  const { state } = await nextBatch(database, 0)
  if (state.incarnation !== request.incarnation) return
  await renumber(database, seam.rng, 'fork' in answer.lane ? 'fellBack' : 'numbersLost')
}
