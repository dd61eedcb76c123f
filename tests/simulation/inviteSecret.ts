import { sha256Hex } from '../../src/domain/hash.ts'

/** A secret as an inviter's phone would make it, with the hash that travels. */
export function createInviteSecret(newId: () => string): { secret: string; hash: string } {
  const secret = newId() + newId()
  return { secret, hash: sha256Hex(secret) }
}
