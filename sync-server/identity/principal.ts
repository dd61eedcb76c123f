import type { Device } from '../../src/domain/records/device.ts'
import type { ServerContext } from '../context.ts'
import { deviceRevoked, HttpProblem } from '../HttpProblem.ts'
import { readRecords } from '../storage/records.ts'
import { isOver, nextToken, readToken } from './rotation.ts'

/** The principal is a device enrolment: proven by the token in its cookie, described by its record. */
export interface Principal {
  community: string
  device: Device
  /** What its cookie is to be replaced by, once it is time. */
  nextCookie(): Promise<string | null>
}

/** A community id and a token, as the cookie carries them. */
export function splitCookie(value: string | undefined): { community: string; token: string } | null {
  const match = /^([A-Za-z0-9_-]{16,32})\.([A-Za-z0-9_-]{20,64})$/.exec(value ?? '')
  return match ? { community: match[1]!, token: match[2]! } : null
}

/**
 * Who sent a request.
 *
 * @param evenRevoked whether an ended enrolment may ask here
 * @throws HttpProblem `unauthenticated` without a valid token, `token_superseded` for one that was replaced,
 *   `device_revoked` for an enrolment that was ended: only this last one may empty a phone.
 */
export async function principalOf(
  server: ServerContext,
  cookie: string | undefined,
  evenRevoked = false,
): Promise<Principal> {
  const held = splitCookie(cookie)
  if (!held) throw new HttpProblem('unauthenticated')
  const { db } = server.storage
  const token = await readToken(server, held.community, held.token)
  if (!token) throw new HttpProblem('unauthenticated')
  const [row] = await readRecords(db, held.community, [{ kind: 'device', id: token.device }])
  if (!row || row.deleted) throw new HttpProblem('unauthenticated')
  const device = JSON.parse(row.body) as Device
  if (device.state === 'revoked' && !evenRevoked) throw deviceRevoked(device.id)
  if (isOver(token, server.clock.now())) throw new HttpProblem('token_superseded')
  const nextCookie = async () => {
    const next = await nextToken(server, token, held.token)
    return next && `${held.community}.${next}`
  }
  return { community: held.community, device, nextCookie }
}
