import { createHmac } from 'node:crypto'
import { DAY_MS } from '../../src/protocol/limits.ts'
import type { ServerContext } from '../context.ts'
import {
  followToken,
  putNextHash,
  readDeviceToken,
  readTokenBefore,
  type DeviceTokenRow,
} from '../storage/enrolments.ts'
import { hashSecret } from './token.ts'

/*
 * A device's token is followed by another every week. Which one that will be follows from the token and the secret of the
 * installation: from neither alone. So the next one is given as often as its answer gets lost, without a row for it; it is
 * written down when a phone first shows it, and found by its hash, which stands with the one before. A backup of before
 * that knows the one before too, so nobody is signed out by a restore (docs/decisions/0024).
 */

/** A backup that is as old as the recovery window knows the token, or the one before it. */
const ROTATE_AFTER_MS = 7 * DAY_MS
/** After a dead battery a browser may have its cookies of a while ago. */
const OLD_GOOD_MS = DAY_MS

/** The token that follows a token. */
function nextOf({ secret }: ServerContext, token: string): string {
  return createHmac('sha256', secret).update(`token\n${token}`).digest('base64url')
}

/** What stands of a token that a request shows; one that is shown for the first time is taken up. */
export async function readToken(
  server: ServerContext,
  community: string,
  token: string,
): Promise<DeviceTokenRow | null> {
  const { db } = server.storage
  const tokenHash = hashSecret(token)
  const known = await readDeviceToken(db, community, tokenHash)
  if (known) return known
  const before = await readTokenBefore(db, community, tokenHash)
  if (!before) return null
  const now = server.clock.now()
  const nextHash = hashSecret(nextOf(server, token))
  const next = { ...before, tokenHash, nextHash, createdAt: now, endsAt: null }
  // A disk that takes nothing keeps nobody out: the phone is known by what stands there.
  await followToken(db, before.tokenHash, next, now + OLD_GOOD_MS).catch((error: unknown) =>
    server.onFault(error, 'rotation'),
  )
  return next
}

/** Whether a token was followed by another so long ago that it is good no more. */
export const isOver = ({ state, endsAt }: DeviceTokenRow, now: number): boolean =>
  state !== 'active' || (endsAt !== null && endsAt <= now)

/** The token that a phone is to have from now on; `null` while the one it shows is young. */
export async function nextToken(
  server: ServerContext,
  { community, tokenHash, createdAt, nextHash, endsAt }: DeviceTokenRow,
  token: string,
): Promise<string | null> {
  if (endsAt === null && server.clock.now() - createdAt < ROTATE_AFTER_MS) return null
  const next = nextOf(server, token)
  if (nextHash !== null) return next
  // What was asked has been done: a disk that takes nothing more keeps no answer back.
  const noted = putNextHash(server.storage.db, community, tokenHash, hashSecret(next))
  return noted.then(
    () => next,
    (error: unknown) => (server.onFault(error, 'rotation'), null),
  )
}

/** What a fresh token is stored with. */
export function freshToken(server: ServerContext, token: string): Pick<DeviceTokenRow, 'tokenHash' | 'nextHash'> {
  return { tokenHash: hashSecret(token), nextHash: hashSecret(nextOf(server, token)) }
}
