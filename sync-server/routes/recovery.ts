import { bondAt, type Member } from '../../src/domain/records/member.ts'
import type { RecoveryAnswer } from '../../src/protocol/recovery.ts'
import type { ServerContext } from '../context.ts'
import { HttpProblem } from '../HttpProblem.ts'
import type { Principal } from '../identity/principal.ts'
import { readRecovery } from '../recovery.ts'
import { readRecords } from '../storage/records.ts'

/**
 * `GET /api/recovery`: for an officer, how long ago the data was brought back and which phones may still bring something.
 *
 * @throws HttpProblem `not_found` for everybody else
 */
export async function recovery(server: ServerContext, { community, device }: Principal): Promise<RecoveryAnswer> {
  const { db } = server.storage
  const now = server.clock.now()
  const [row] = await readRecords(db, community, [{ kind: 'member', id: device.memberId }])
  const member = row && !row.deleted ? (JSON.parse(row.body) as Member) : null
  const isOfficer = member !== null && bondAt(member, now)?.role === 'officer'
  if (!isOfficer || device.state !== 'active') throw new HttpProblem('not_found')
  return { recovery: await readRecovery(db, community, now) }
}
