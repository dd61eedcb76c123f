import type { Seam } from '../../db/seam.ts'
import { base64url, mintId, sha256Hex } from '../../domain/hash.ts'

/** What only the inviter's page knows of an invitation. Records hold hashes alone. */
export interface InviteSecret {
  inviteId: string
  secret: string
  /** Eight letters that cannot be mistaken for one another. */
  code: string
}

const SECRET_BYTES = 24
const CODE_LENGTH = 8
/** Without 0 and O, 1, I and L: nobody has to ask which one it was. */
const CODE_ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

export function makeSecret(rng: Seam['rng']): { secret: string; code: string } {
  return { secret: base64url(rng.bytes(SECRET_BYTES)), code: makeCode(rng) }
}

/** Bytes beyond the last whole multiple of the alphabet are thrown away, so that every letter is as likely as another. */
function makeCode(rng: Seam['rng']): string {
  const fair = 256 - (256 % CODE_ALPHABET.length)
  let code = ''
  while (code.length < CODE_LENGTH) {
    for (const byte of rng.bytes(CODE_LENGTH)) {
      if (byte < fair && code.length < CODE_LENGTH) code += CODE_ALPHABET[byte % CODE_ALPHABET.length]
    }
  }
  return code
}

/** As the server hashes what a phone sends: the secret as it is, the code in capitals without dashes. */
export function hashesOf({ secret, code }: { secret: string; code: string }): { secretHash: string; codeHash: string } {
  return { secretHash: sha256Hex(secret), codeHash: sha256Hex(code.toUpperCase().replaceAll('-', '')) }
}

/** The record's id follows from the command's. */
export function inviteIdOf(commandId: string): string {
  return mintId(commandId, '0')
}

/** The community stands before the secret, and both behind a hash sign: no server and no log on the way sees them. */
export function linkOf(origin: string, communityId: string, secret: string): string {
  return `${origin}/join#${communityId}.${secret}`
}

/** ABCD-EFGH: easier to read out and to type. */
export function printCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

const keyOf = (communityId: string) => `qiaomen.invites.${communityId}`

/** What this tab still knows; closing it forgets. */
export function readSecrets(communityId: string): InviteSecret[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keyOf(communityId)) ?? '[]')
    return Array.isArray(kept) ? (kept as InviteSecret[]) : []
  } catch {
    return []
  }
}

export function keepSecrets(communityId: string, secrets: readonly InviteSecret[]): void {
  try {
    sessionStorage.setItem(keyOf(communityId), JSON.stringify(secrets))
  } catch {
    // A browser without session storage keeps them as long as the screen is open.
  }
}
