import * as v from 'valibot'
import { canonicalJson, sha256Hex } from '../domain/hash.ts'
import { check, choice, fields, id, list, text, time, whole } from '../domain/fields.ts'
import { LIMITS } from './limits.ts'

/*
 * Unsent work in a file, for a phone that finds no network (SYNC-13). The file says in plain words whose it is and how
 * much lies in it; the commands themselves are sealed under a key that only the recorder's phone and the server have.
 */

const FORMAT = 'qiaomen-handover'
const VERSION = 1

/** What a file says openly: enough for the carrier to know whose it is, and nothing of what was done at a door. */
export const handoverHeader = fields({
  community: id,
  /** The enrolment that recorded it, whose key seals it. */
  device: id,
  member: id,
  incarnation: id,
  /** The history of the server that the phone last saw. */
  epoch: v.nullable(text(64)),
  /** When the file was made, and the first and last deed in it: ms on the server's clock as the phone knew it. */
  at: time,
  from: time,
  until: time,
  waiting: whole(0, 1_000_000),
  held: whole(0, 1_000_000),
  refused: whole(0, 1_000_000),
  parts: whole(1, LIMITS.handoverParts),
  coding: choice(['gzip', 'identity']),
})
export type HandoverHeader = v.InferOutput<typeof handoverHeader>

/** Base64url of nonce (12 bytes), ciphertext and tag (16 bytes). */
const sealedPart = v.pipe(
  v.string('bad_field'),
  v.minLength(38, 'bad_field'),
  v.maxLength(LIMITS.handoverPartChars, 'too_long'),
  v.regex(/^[A-Za-z0-9_-]+$/, 'bad_field'),
)

/** One sealed part on its way to the server, with the header that it is bound to. */
export const carriedPart = fields({
  header: handoverHeader,
  index: whole(0, LIMITS.handoverParts - 1),
  sealed: sealedPart,
})
export type CarriedPart = v.InferOutput<typeof carriedPart>

/** What the server says about a carried part: how many commands stand where now, or that none of it was taken. */
export type CarriedAnswer = { result: 'taken'; applied: number; held: number; refused: number } | { result: 'refused' }

/** Versions, counts and codes by name. Whoever sees the file reads them, so no body of anything is among them. */
export const diagnostics = v.pipe(
  v.record(
    v.pipe(v.string('bad_field'), v.regex(/^[a-z][A-Za-z0-9._/-]{0,59}$/, 'bad_field')),
    v.union([text(300), v.pipe(v.number('bad_field'), v.finite('bad_field')), v.null('bad_field')], 'bad_field'),
    'bad_field',
  ),
  v.check((entries) => Object.keys(entries).length <= 200, 'bad_field'),
)
export type Diagnostics = v.InferOutput<typeof diagnostics>

const handoverFile = fields({
  format: v.literal(FORMAT, 'bad_field'),
  version: v.literal(VERSION, 'bad_field'),
  header: handoverHeader,
  parts: list(sealedPart, LIMITS.handoverParts),
  diagnostics: v.optional(diagnostics),
  checksum: v.pipe(v.string('bad_field'), v.regex(/^[0-9a-f]{64}$/, 'bad_field')),
})
export type HandoverFile = v.InferOutput<typeof handoverFile>

/** What one sealed part holds, once it is opened. Refused commands travel so that they are kept; nobody asks them again. */
export interface HandoverPart {
  commands: unknown[]
  refused: unknown[]
}

/**
 * What the seal of a part covers beside the part itself: its header and its place among the parts, so that no part can
 * be moved to another file, another place, or another recorder.
 */
export function sealedWith(header: HandoverHeader, index: number): string {
  return canonicalJson({ format: FORMAT, version: VERSION, header, index })
}

/** The text of a file. The checksum only notices damage; what proves the author is the seal. */
export function writeHandover(header: HandoverHeader, parts: string[], attached?: Diagnostics): string {
  const body = { format: FORMAT, version: VERSION, header, parts, ...(attached ? { diagnostics: attached } : {}) }
  return `${JSON.stringify({ ...body, checksum: sha256Hex(canonicalJson(body)) })}\n`
}

/**
 * Reads a file that somebody handed over.
 *
 * @returns the file; `newer` when a later version of the app made it; `invalid` for whatever else is no whole file
 */
export function readHandover(written: string): HandoverFile | 'newer' | 'invalid' {
  if (written.length > LIMITS.handoverFileChars) return 'invalid'
  try {
    return readValue(JSON.parse(written))
  } catch {
    // No JSON, or a nest deeper than anything can be looked through.
    return 'invalid'
  }
}

function readValue(value: unknown): HandoverFile | 'newer' | 'invalid' {
  if (isNewer(value)) return 'newer'
  const checked = check(handoverFile, value)
  if (!checked.ok || checked.value.parts.length !== checked.value.header.parts) return 'invalid'
  const { checksum, ...body } = value as HandoverFile
  return sha256Hex(canonicalJson(body)) === checksum ? checked.value : 'invalid'
}

function isNewer(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  const { format, version } = value as { format?: unknown; version?: unknown }
  return format === FORMAT && Number.isInteger(version) && (version as number) > VERSION
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const DIGIT = new Map([...ALPHABET].map((char, value) => [char, value]))

/** The bytes of a base64url text without padding. @returns `null` for a text that no bytes encode to */
export function fromBase64url(encoded: string): Uint8Array | null {
  if (encoded.length % 4 === 1) return null
  const bytes = new Uint8Array(Math.floor((encoded.length * 3) / 4))
  let bits = 0
  let pending = 0
  let at = 0
  for (const char of encoded) {
    const digit = DIGIT.get(char)
    if (digit === undefined) return null
    pending = (pending << 6) | digit
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (pending >> bits) & 255
    pending &= (1 << bits) - 1
  }
  // Bits left over say nothing; two texts for the same bytes would be two files.
  return pending === 0 ? bytes : null
}
