import { sql } from 'kysely'
import { bondAt, type Member } from '../../src/domain/records/member.ts'
import type { ServerContext } from '../context.ts'
import { HttpProblem } from '../HttpProblem.ts'
import { readRecoveryEnd } from '../recovery.ts'
import { listCommunities } from '../storage/enrolments.ts'
import { readRange } from '../storage/records.ts'

/**
 * `GET /readyz`: whether the database can be written, tried with one small row. An update that changes nothing would
 * also succeed on a full disk. Beside it stands until when (ms) phones may still bring what a restored backup lacks;
 * whose they are is told to officers alone.
 *
 * @throws HttpProblem `storage_unavailable`
 */
export async function ready(server: ServerContext): Promise<{ ok: true; recoveryUntil: number | null }> {
  const now = server.clock.now()
  try {
    await server.storage.transaction((trx) =>
      sql`insert into "setting" ("name", "value") values ('readyAt', ${String(now)})
        on conflict ("name") do update set "value" = excluded."value"`.execute(trx),
    )
    return { ok: true, recoveryUntil: await readRecoveryEnd(server.storage.db, now) }
  } catch {
    throw new HttpProblem('storage_unavailable', 5)
  }
}

/** More members than any community has; as many as its policy is read from. */
const MOST_MEMBERS = 50_000

const setUp = new WeakSet<ServerContext>()

/** Whether any community has an officer. Once it has, it keeps one, so the answer is remembered. */
export async function isSetUp(server: ServerContext): Promise<boolean> {
  if (setUp.has(server)) return true
  for (const community of await listCommunities(server.storage.db)) {
    const rows = await readRange(server.storage.db, community, 'c', 'member', MOST_MEMBERS)
    const members = rows.map((row) => JSON.parse(row.body) as Member)
    for (const { bonds } of members) server.clock.follow?.(bonds)
    const now = server.clock.now()
    if (members.some((member) => bondAt(member, now)?.role === 'officer')) {
      setUp.add(server)
      return true
    }
  }
  return false
}
