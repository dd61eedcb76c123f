import { createDecipheriv, createHmac } from 'node:crypto'
import type { Device } from '../src/domain/records/device.ts'
import { commandHead } from '../src/protocol/sync.ts'
import {
  fromBase64url,
  sealedWith,
  type CarriedAnswer,
  type CarriedPart,
  type HandoverHeader,
  type HandoverPart,
} from '../src/protocol/handover.ts'
import { LIMITS } from '../src/protocol/limits.ts'
import * as v from 'valibot'
import { commitBatch, type RawCommand } from './commitBatch.ts'
import type { ServerContext } from './context.ts'
import { HttpProblem } from './HttpProblem.ts'
import { readBody } from './routes/readBody.ts'
import { readRecords } from './storage/records.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * The key under which one enrolment seals what it hands over (SYNC-13): made from the installation's secret, so it is
 * stored nowhere here, and ended by revoking the device.
 *
 * @returns 32 bytes as base64url
 */
export function handoverKey(server: ServerContext, community: string, deviceId: string): string {
  return createHmac('sha256', server.secret).update(`handover\n${community}\n${deviceId}`).digest('base64url')
}

/** A part that was opened: its recorder is proven by the seal. */
export interface OpenedPart {
  header: HandoverHeader
  commands: RawCommand[]
  /** What the rules had refused on the recorder's own phone. Its author decides about it, so nobody asks it again. */
  refused: unknown[]
}

/**
 * Opens a part that somebody brought.
 *
 * @param community of whoever brings it
 * @returns `null` when it is damaged, forged, another community's, or of an enrolment that is unknown or revoked: which
 *   of these it is, nobody is told
 */
export async function openPart(
  server: ServerContext,
  community: string,
  { header, index, sealed }: CarriedPart,
): Promise<OpenedPart | null> {
  if (header.community !== community || index >= header.parts) return null
  const key = handoverKey(server, community, header.device)
  const plain = unseal(key, sealedWith(header, index), sealed)
  const part = plain && readPart(plain, header.coding)
  if (!part) return null
  const [row] = await readRecords(server.storage.db, community, [{ kind: 'device', id: header.device }])
  const device = row && !row.deleted ? (JSON.parse(row.body) as Device) : null
  if (device?.memberId !== header.member || device.state === 'revoked') return null
  return { header, ...part }
}

function unseal(key: string, bound: string, sealed: string): Buffer | null {
  const bytes = fromBase64url(sealed)
  if (!bytes || bytes.length < NONCE_BYTES + TAG_BYTES) return null
  const tagAt = bytes.length - TAG_BYTES
  const opener = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64url'), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  opener.setAAD(Buffer.from(bound))
  opener.setAuthTag(bytes.subarray(tagAt))
  try {
    return Buffer.concat([opener.update(bytes.subarray(NONCE_BYTES, tagAt)), opener.final()])
  } catch {
    return null
  }
}

/** What lies in a part is as strict as the body of a request (SYNC-11): it was made by a phone, and phones have faults. */
function readPart(plain: Buffer, coding: HandoverHeader['coding']): Omit<OpenedPart, 'header'> | null {
  let value: unknown
  try {
    value = readBody(plain, coding)
  } catch (error) {
    if (error instanceof HttpProblem) return null
    throw error
  }
  const { commands, refused } = (value ?? {}) as Partial<HandoverPart>
  if (!Array.isArray(commands) || !Array.isArray(refused)) return null
  if (commands.length + refused.length > LIMITS.handoverCommands) return null
  const raws: RawCommand[] = []
  for (const raw of commands) {
    const head = v.safeParse(commandHead, raw)
    if (!head.success) return null
    raws.push({ n: head.output.n, id: head.output.id, raw })
  }
  return { commands: raws, refused }
}

/**
 * Takes in what a teammate's phone, an officer's desk or the operator brought: under the name and at the time of whoever
 * recorded it, by the same batch and the same judge as everything else (SYNC-13).
 *
 * @param carrier the device that brought it
 */
export async function takeCarried(
  server: ServerContext,
  community: string,
  carrier: string,
  part: CarriedPart,
): Promise<CarriedAnswer> {
  const opened = await openPart(server, community, part)
  return opened ? takeOpened(server, community, carrier, opened) : { result: 'refused' }
}

/** The same for a part that is open already. */
export async function takeOpened(
  server: ServerContext,
  community: string,
  carrier: string,
  { header, commands, refused }: OpenedPart,
): Promise<CarriedAnswer> {
  const counts = { result: 'taken' as const, applied: 0, held: 0, refused: refused.length }
  if (commands.length === 0) return counts
  const { device: deviceId, member: memberId, incarnation, epoch } = header
  const batch = { community, deviceId, memberId, incarnation, commands, unsent: 0, carried: { by: carrier, epoch } }
  const { answers, device } = await commitBatch(server, batch)
  // Revoked between the look and the lock: nothing of it was taken.
  if (device === 'revoked') return { result: 'refused' }
  for (const { result } of answers) counts[result]++
  return counts
}
