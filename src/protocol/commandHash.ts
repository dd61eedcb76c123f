import { canonicalJson, sha256Hex } from '../domain/hash.ts'
import type { WireCommand } from './sync.ts'

/**
 * The identity of a command beside its id: SHA-256 of its canonical JSON as received (SYNC-2). The lane's number and the
 * history it stood in are left out, because a phone that renumbers or offers again still says the same thing.
 */
export function commandHash(command: WireCommand): string {
  const { id, verb, version, claimedAt, args } = command
  return sha256Hex(canonicalJson({ id, verb, version, claimedAt, args }))
}
