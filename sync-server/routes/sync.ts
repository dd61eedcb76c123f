import { mayInSync } from '../../src/domain/access.ts'
import { check } from '../../src/domain/fields.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { commandHead, syncRequest, type SyncAnswer, type SyncRequest } from '../../src/protocol/sync.ts'
import * as v from 'valibot'
import { readFeed } from '../changeFeed.ts'
import { commitBatch, type RawCommand } from '../commitBatch.ts'
import type { ServerContext } from '../context.ts'
import { openCursor, sealCursor, type Cursor } from '../cursor.ts'
import { handoverKey, takeCarried } from '../handover.ts'
import { deviceRevoked, HttpProblem } from '../HttpProblem.ts'
import type { Principal } from '../identity/principal.ts'
import { readClock } from '../storage/records.ts'

/**
 * `POST /api/sync`: commands up, answers and changes down, in one request. The order is fixed: check the envelope, commit
 * the batch, read one page of the feed. Dying between commit and answer is harmless, because the same commands get the
 * same answers again (SYNC-2); dying after the page is harmless, because a page that was not stored is asked for again.
 *
 * @throws HttpProblem for the envelope alone; every command has its own answer (SYNC-4)
 */
export async function sync(server: ServerContext, principal: Principal, body: unknown): Promise<SyncAnswer> {
  const { request, commands } = readEnvelope(body)
  const { community, device } = principal
  if (request.device !== device.id) throw new HttpProblem('device_mismatch')
  const binding = `${community} ${device.id}`
  const cursor = request.cursor === null ? null : openCursor(request.cursor, server.secret, binding)
  if (request.cursor !== null && !cursor) throw new HttpProblem('cursor_invalid')
  await assertEpoch(server, community, request.epoch, cursor)
  const batch = { community, deviceId: device.id, memberId: device.memberId, incarnation: request.incarnation }
  const leaving = request.leaving === true
  const result = await commitBatch(server, { ...batch, commands, unsent: request.unsent, leaving })
  if (result.device === 'revoked') throw deviceRevoked(device.id)
  const mayCarry = mayInSync('carry', result.device)
  const carried = mayCarry && request.carried ? await takeCarried(server, community, device.id, request.carried) : null
  const standing = { device: result.device, answers: result.answers, lane: result.lane }
  const answered = { ...standing, ...(carried ? { carried } : {}), serverTime: server.clock.now() }
  if (!request.pull || !mayInSync('pull', result.device)) {
    return { ...answered, ...(await standStill(server, community, request)) }
  }
  const who = { community, deviceId: device.id, memberId: device.memberId }
  const page = await readFeed(server, who, cursor)
  const key = cursor?.keyed ? {} : { handoverKey: handoverKey(server, community, device.id) }
  return { ...answered, ...page, ...key, cursor: sealCursor({ ...page.cursor, keyed: true }, server.secret, binding) }
}

function readEnvelope(body: unknown): { request: SyncRequest; commands: RawCommand[] } {
  const shaped = check(syncRequest, withoutCommands(body))
  if (!shaped.ok) throw new HttpProblem('bad_request')
  if (shaped.value.protocol > LIMITS.protocol) throw new HttpProblem('bad_request')
  const raw = (body as { commands: unknown[] }).commands
  if (raw.length > LIMITS.commandsPerRequest) throw new HttpProblem('too_many_commands')
  const commands = raw.map((command) => {
    const head = v.safeParse(commandHead, command)
    if (!head.success) throw new HttpProblem('bad_request')
    return { n: head.output.n, id: head.output.id, raw: command }
  })
  return { request: shaped.value, commands }
}

/** The envelope is judged without its commands, so that a `__proto__` in one of them is that command's own trouble. */
function withoutCommands(body: unknown): unknown {
  if (body === null || typeof body !== 'object' || !Array.isArray((body as { commands?: unknown }).commands))
    return null
  return { ...body, commands: [] }
}

/** A phone from before a restore learns it before anything of it is taken in (SYNC-8). */
async function assertEpoch(
  server: ServerContext,
  community: string,
  epoch: string | null,
  cursor: Cursor | null,
): Promise<void> {
  const now = await readClock(server.storage.db, community)
  if (!now) throw new HttpProblem('unauthenticated')
  const ahead = cursor !== null && (cursor.epoch !== now.epoch || cursor.clock > now.clock)
  if (ahead || (epoch !== null && epoch !== now.epoch)) throw new HttpProblem('epoch_changed')
}

/** The rest of an answer that brings no page. */
async function standStill(server: ServerContext, community: string, request: SyncRequest) {
  const now = await readClock(server.storage.db, community)
  return {
    epoch: now?.epoch ?? '',
    membership: request.membership,
    changes: [],
    dropScopes: [],
    cursor: request.cursor ?? '',
    reached: 0,
    more: false,
  }
}
