import type { RecoveryAnswer } from '../../src/protocol/recovery.ts'
import type { ServerContext } from '../context.ts'
import type { Principal } from '../identity/principal.ts'
import { readRecovery } from '../recovery.ts'

/** `GET /api/recovery`: how long ago the data was brought back, and which phones may still bring something. */
export async function recovery(server: ServerContext, { community }: Principal): Promise<RecoveryAnswer> {
  return { recovery: await readRecovery(server.storage.db, community, server.clock.now()) }
}
