import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Base64url without padding, because ids stand in URLs, cookies and keys. */
export function base64url(bytes: Uint8Array): string {
  let text = ''
  for (let index = 0; index < bytes.length; index += 3) {
    const word = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0)
    const length = Math.min(3, bytes.length - index) + 1
    for (let digit = 0; digit < length; digit++) text += ALPHABET[(word >> (18 - 6 * digit)) & 63]
  }
  return text
}

/** SHA-256 of a text as 64 hexadecimal digits. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)))
}

/**
 * Mints an id from its parts: the same parts give the same id on every phone and on the server, so two phones that add
 * door 301 make one door. 20 characters, 120 bits. Parts are joined by U+001F, which no checked text may contain.
 */
export function mintId(...parts: readonly string[]): string {
  return base64url(sha256(utf8ToBytes(parts.join('\u001f'))).subarray(0, 15))
}

/**
 * Canonical JSON: keys sorted, no white space. Two parsers that agree on the value agree on the text, so its hash is
 * the command's identity (SYNC-2). Only values that JSON can carry are allowed in.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    entries.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
  }
  return JSON.stringify(value)
}
