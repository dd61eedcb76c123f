import { base64url, sha256Hex } from '../../src/domain/hash.ts'

/** A fresh 256-bit secret; only its hash is ever stored. */
export function newSecret(rng: { bytes(length: number): Uint8Array }, bytes = 32): string {
  return base64url(rng.bytes(bytes))
}

/** What is stored of a secret. */
export const hashSecret = (secret: string): string => sha256Hex(secret)

/** Fresh id for a record that the server makes. */
export function newRecordId(rng: { bytes(length: number): Uint8Array }): string {
  return base64url(rng.bytes(15))
}
