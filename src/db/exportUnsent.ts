import { base64url } from '../domain/hash.ts'
import { LIMITS } from '../protocol/limits.ts'
import {
  fromBase64url,
  sealedWith,
  writeHandover,
  type Diagnostics as WireDiagnostics,
  type HandoverHeader,
  type HandoverPart,
} from '../protocol/handover.ts'
import type { WireCommand } from '../protocol/sync.ts'
import { readPhone, type Database, type OutboxEntry, type PhoneState } from './database.ts'
import { listQueue, toWire } from './outbox.ts'
import type { Seam } from './seam.ts'

/** Why nothing was exported: nothing is unsent, the server has given this phone no key yet, or the page cannot seal. */
export type ExportTrouble = 'nothing' | 'noKey' | 'cannotSeal'

export type Exported =
  { ok: true; text: string; count: number; left: number; at: number } | { ok: false; why: ExportTrouble }

/** Versions, counts and codes that a person may attach; whoever sees the file reads them. */
export type Diagnostics = WireDiagnostics

const KEY_BYTES = 32
const NONCE_BYTES = 12

/** Whether this page can seal anything: browsers give cryptography to safe addresses alone. */
export const canSeal = (): boolean => typeof crypto === 'object' && typeof crypto.subtle === 'object'

/**
 * Writes everything that this phone has not delivered into the text of one file, sealed for the server (SYNC-13). Nothing
 * on the phone changes: what was exported is sent by this phone as well, as soon as it can.
 *
 * @returns the text, how many commands lie in it, how many were too large for any part, and when it was made (ms on the
 *   server's clock as the phone knows it)
 */
export async function exportUnsent(
  database: Database,
  seam: Pick<Seam, 'clock' | 'rng'>,
  attached?: Diagnostics,
): Promise<Exported> {
  const { state, entries } = await database.transaction('r', database.outbox, database.phone, async () => {
    return { state: await readPhone(database), entries: await listQueue(database) }
  })
  if (entries.length === 0) return { ok: false, why: 'nothing' }
  if (!canSeal()) return { ok: false, why: 'cannotSeal' }
  const key = state.handoverKey === undefined ? null : fromBase64url(state.handoverKey)
  if (key?.length !== KEY_BYTES) return { ok: false, why: 'noKey' }
  const gzip = typeof CompressionStream === 'function'
  const { groups, left } = await fitParts(entries, gzip)
  const at = seam.clock.now() - state.offsetMs
  const header = describe(state, entries, at, groups.length, gzip)
  const lock = await crypto.subtle.importKey('raw', key as BufferSource, 'AES-GCM', false, ['encrypt'])
  const parts: string[] = []
  for (const [index, plain] of groups.entries()) {
    const nonce = seam.rng.bytes(NONCE_BYTES)
    const additionalData = new TextEncoder().encode(sealedWith(header, index))
    const seal = { name: 'AES-GCM', iv: nonce as BufferSource, additionalData, tagLength: 128 }
    const sealed = new Uint8Array(await crypto.subtle.encrypt(seal, lock, plain as BufferSource))
    const whole = new Uint8Array(nonce.length + sealed.length)
    whole.set(nonce)
    whole.set(sealed, nonce.length)
    parts.push(base64url(whole))
  }
  return { ok: true, text: writeHandover(header, parts, attached), count: entries.length - left, left, at }
}

function describe(
  state: PhoneState,
  entries: readonly OutboxEntry[],
  at: number,
  parts: number,
  gzip: boolean,
): HandoverHeader {
  const { communityId: community, deviceId: device, memberId: member, incarnation, epoch } = state
  const moments = entries.map(({ claimedAt, offsetMs }) => claimedAt - offsetMs)
  const count = (wanted: OutboxEntry['state']) => entries.filter((entry) => entry.state === wanted).length
  return {
    ...{ community, device, member, incarnation, epoch, at },
    from: moments.reduce((a, b) => Math.min(a, b)),
    until: moments.reduce((a, b) => Math.max(a, b)),
    ...{ waiting: count('pending'), held: count('held'), refused: count('refused') },
    parts,
    coding: gzip ? 'gzip' : 'identity',
  }
}

/** Packs the queue, in its order, into as few parts as the limits allow. */
async function fitParts(
  entries: readonly OutboxEntry[],
  gzip: boolean,
): Promise<{ groups: Uint8Array[]; left: number }> {
  const waiting: (readonly OutboxEntry[])[] = []
  for (let start = 0; start < entries.length; start += LIMITS.handoverCommands) {
    waiting.push(entries.slice(start, start + LIMITS.handoverCommands))
  }
  const groups: Uint8Array[] = []
  let left = 0
  for (let group = waiting.shift(); group; group = waiting.shift()) {
    const plain = new TextEncoder().encode(JSON.stringify(partOf(group)))
    const packed = gzip ? await compress(plain) : plain
    if (fits(plain, packed)) groups.push(packed)
    else if (group.length === 1) left++
    else {
      const half = Math.ceil(group.length / 2)
      waiting.unshift(group.slice(0, half), group.slice(half))
    }
  }
  // A file always has a part, so that whoever opens it can see that there was nothing that fitted.
  return { groups: groups.length > 0 ? groups : [await empty(gzip)], left }
}

const fits = (plain: Uint8Array, packed: Uint8Array): boolean =>
  plain.length <= LIMITS.inflatedBytes &&
  Math.ceil(((packed.length + NONCE_BYTES + 16) * 4) / 3) <= LIMITS.handoverPartChars

const empty = (gzip: boolean) => {
  const plain = new TextEncoder().encode(JSON.stringify(partOf([])))
  return gzip ? compress(plain) : plain
}

function partOf(entries: readonly OutboxEntry[]): HandoverPart {
  const commands: WireCommand[] = []
  const refused: WireCommand[] = []
  for (const entry of entries) (entry.state === 'refused' ? refused : commands).push(toWire(entry))
  return { commands, refused }
}

async function compress(plain: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([plain as BlobPart]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
