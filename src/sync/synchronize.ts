import type { Database, PhoneState } from '../db/database.ts'
import { dropFolded } from '../db/foldRound.ts'
import { forgetCursor, renumber, startOver } from '../db/lane.ts'
import { nextBatch } from '../db/outbox.ts'
import type { Seam } from '../db/seam.ts'
import { settle } from '../db/settle.ts'
import { freshPaces, type SlicePaces } from '../db/SlicePace.ts'
import { DAY_MS, LIMITS } from '../protocol/limits.ts'
import type { ProblemBody } from '../protocol/problem.ts'
import type { LaneTrouble, SyncAnswer, SyncRequest, WireCommand } from '../protocol/sync.ts'
import { troubleOf } from '../remote/request.ts'
import { Trouble } from '../remote/Trouble.ts'
import { deliverCarried } from './deliverCarried.ts'

/** What is remembered between cycles; it only makes them cheaper, never right or wrong. */
export interface Pace extends SlicePaces {
  /** How many commands go into one request; halved by 413 and by a line that breaks, grown again by success. */
  batch: number
  /** The last push failed: the next cycle pulls first (SYNC-4). */
  pullFirst: boolean
}

export const freshPace = (): Pace => ({
  batch: LIMITS.commandsPerRequest,
  pullFirst: false,
  ...freshPaces(),
})

type SyncSeam = Omit<Seam, 'idb' | 'paint' | 'timer' | 'locks'>

/** How a cycle ended. `pending` is a phone that nobody has confirmed yet. */
export type CycleEnd = 'synced' | 'pending'

/** A cycle that goes round more often than this has met something that it does not understand. */
const MOST_ROUNDS = 2_000
/** A batch is not made smaller than this because a line broke: one kilobyte gets through, or nothing does. */
const LEAST_BATCH = 16
/** Two tabs may get in each other's way a few times, not for ever. */
const MOST_STALE = 5

/**
 * One sync cycle, from top to bottom: take the next commands, ask, settle, until nothing is left either way. It may die
 * between any two lines: what was sent is answered the same again (SYNC-2), what was not stored is asked for again
 * (SYNC-6), and an answer is stored in the one transaction that uses it (SYNC-1).
 *
 * @throws Trouble when the network or the server does not let it finish; everything unsent is still there
 */
export async function synchronize(
  database: Database,
  seam: SyncSeam,
  pace: Pace,
  appVersion: string,
): Promise<CycleEnd> {
  let stale = 0
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { request, asked, waiting } = await compose(database, pace, appVersion)
    const answer = await ask(database, seam, pace, request, asked)
    if (!answer) continue
    if (answer.device === 'active') await dropFolded(database, asked, answer, pace.slices)
    const settled = await settle(database, seam, asked, answer, answer.device === 'active', pace)
    if (settled === 'stale') {
      // Another tab moved on meanwhile. Nothing was stored, so everything is asked for again from where it stands now.
      if (++stale > MOST_STALE) throw new Trouble('offline')
      continue
    }
    stale = 0
    if (answer.lane) await mendLane(database, seam, answer.lane, asked)
    else if (!answersAll(answer, request)) throw new Trouble('offline')
    pace.pullFirst = false
    const pushed = answer.lane === null && waiting <= request.commands.length
    if (pushed && answer.device === 'pending') return 'pending'
    if (pushed && !answer.more) {
      await deliverCarried(database, seam, appVersion)
      if (answer.device === 'active' || request.leaving || !(await nextBatch(database, 0)).leaving) return 'synced'
    }
  }
  throw new Trouble('offline')
}

/** Whether every command that was sent has its answer; whatever stands between us and the server may have cut some out. */
function answersAll({ answers }: SyncAnswer, { commands }: SyncRequest): boolean {
  const answered = new Set(answers.map((entry) => entry.id))
  return commands.every((command) => answered.has((command as WireCommand).id))
}

async function compose(
  database: Database,
  pace: Pace,
  appVersion: string,
): Promise<{ request: SyncRequest; asked: PhoneState; waiting: number }> {
  const { state, commands, waiting, leaving } = await nextBatch(database, pace.pullFirst ? 0 : pace.batch)
  const { deviceId, incarnation, epoch, cursor, membership } = state
  const envelope = { protocol: LIMITS.protocol, device: deviceId, incarnation, epoch, cursor, membership, appVersion }
  const fitting = fit(commands)
  const end = leaving ? { leaving } : {}
  const request = { ...envelope, commands: fitting, unsent: waiting - fitting.length, pull: true, ...end }
  return { request, asked: state, waiting }
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

/** Whether our server said this: JSON with status 200 is what a captive portal may send too (SYNC-10). */
function isSyncAnswer(body: unknown): body is SyncAnswer {
  const { answers, changes, dropScopes, epoch, cursor, serverTime } = (body ?? {}) as Partial<SyncAnswer>
  const lists = Array.isArray(answers) && Array.isArray(changes) && (dropScopes === null || Array.isArray(dropScopes))
  return lists && typeof epoch === 'string' && typeof cursor === 'string' && typeof serverTime === 'number'
}

/** Sends one request. `null` says that something was put right and the round begins anew. */
async function ask(
  database: Database,
  seam: SyncSeam,
  pace: Pace,
  request: SyncRequest,
  asked: PhoneState,
): Promise<SyncAnswer | null> {
  const answer = await seam.net.post('/api/sync', JSON.stringify(request)).catch((error: unknown) => {
    if (request.commands.length > 0) pace.pullFirst = true
    // A line that breaks again and again lets short requests through where a long one never ends.
    if (request.commands.length > LEAST_BATCH) {
      pace.batch = Math.max(LEAST_BATCH, Math.floor(request.commands.length / 2))
    }
    throw error
  })
  if (answer.status === 200 && isSyncAnswer(answer.body)) {
    if (request.commands.length > 0) pace.batch = Math.min(LIMITS.commandsPerRequest, pace.batch * 2)
    return answer.body
  }
  const trouble = troubleOf(answer)
  // The cookie may be somebody else's who joined on this phone since: only what is said of this enrolment ends it.
  const named = (answer.body as ProblemBody | null)?.device
  if (trouble.code === 'device_revoked' && (answer.status !== 401 || named !== asked.deviceId)) {
    throw new Trouble('problem', 'unauthenticated')
  }
  if (trouble.code === 'too_large' && request.commands.length > 1) {
    pace.batch = Math.max(1, Math.floor(request.commands.length / 2))
    return null
  }
  if (trouble.code === 'too_large' && request.commands.length === 1) {
    await refuseUnsendable(database, seam, asked, request.commands[0] as WireCommand)
    return null
  }
  if (trouble.code === 'epoch_changed') {
    await startOver(database, seam.rng, asked.incarnation, LIMITS.reofferDays * DAY_MS)
    return null
  }
  if (trouble.code === 'cursor_invalid' && request.cursor !== null) {
    await forgetCursor(database, request.cursor)
    return null
  }
  if (request.commands.length > 0) pace.pullFirst = true
  throw trouble
}

/** The server's numbers and ours do not meet: a new incarnation carries what is unsent, and the member is told. */
async function mendLane(
  database: Database,
  seam: Pick<Seam, 'rng'>,
  lane: LaneTrouble,
  asked: PhoneState,
): Promise<void> {
  await renumber(database, seam.rng, asked.incarnation, 'fork' in lane ? 'fellBack' : 'numbersLost')
}

/** One command alone is larger than the server takes: it is shown as refused, and those behind it go on (SYNC-4). */
async function refuseUnsendable(
  database: Database,
  seam: SyncSeam,
  asked: PhoneState,
  { id }: WireCommand,
): Promise<void> {
  const nothing = { changes: [], dropScopes: [], cursor: '', reached: 0, more: false, serverTime: 0 }
  const standing = { epoch: asked.epoch ?? '', membership: asked.membership, device: asked.device }
  const answers = [{ id, result: 'refused' as const, code: 'too_long' as const }]
  await settle(database, seam, asked, { ...nothing, ...standing, answers }, false)
  await renumber(database, seam.rng, asked.incarnation, null)
}
