import { sql } from 'kysely'
import { bondAt, type Member } from '../../src/domain/records/member.ts'
import type { ServerContext } from '../context.ts'
import { HttpProblem } from '../HttpProblem.ts'
import { listCommunities } from '../storage/enrolments.ts'
import { readRange } from '../storage/records.ts'

/** `GET /readyz`: whether the database can be written, tried with an update that changes nothing. */
export async function ready(server: ServerContext): Promise<{ ok: true }> {
  try {
    await server.storage.transaction((trx) =>
      sql`update "setting" set "value" = "value" where "name" = 'none'`.execute(trx),
    )
  } catch {
    throw new HttpProblem('storage_unavailable', 5)
  }
  return { ok: true }
}

/** More members than any community has; as many as its policy is read from. */
const MOST_MEMBERS = 50_000

const setUp = new WeakSet<ServerContext>()

/** Whether any community has an officer. Once it has, it keeps one, so the answer is remembered. */
export async function isSetUp(server: ServerContext): Promise<boolean> {
  if (setUp.has(server)) return true
  const now = server.clock.now()
  for (const community of await listCommunities(server.storage.db)) {
    const rows = await readRange(server.storage.db, community, 'c', 'member', MOST_MEMBERS)
    if (rows.some((row) => bondAt(JSON.parse(row.body) as Member, now)?.role === 'officer')) {
      setUp.add(server)
      return true
    }
  }
  return false
}
