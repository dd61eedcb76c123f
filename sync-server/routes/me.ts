import type { Community } from '../../src/domain/records/community.ts'
import type { Member } from '../../src/domain/records/member.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { ServerContext } from '../context.ts'
import { HttpProblem } from '../HttpProblem.ts'
import { standingOf } from '../identity/enrol.ts'
import type { Principal } from '../identity/principal.ts'
import { readRecords } from '../storage/records.ts'

/** `GET /api/me`: who this device is, for a page that has its cookie and lost its database. */
export async function me(server: ServerContext, { community, device }: Principal): Promise<Standing> {
  const rows = await readRecords(server.storage.db, community, [
    { kind: 'member', id: device.memberId },
    { kind: 'community', id: community },
  ])
  const bodyOf = (kind: string) => rows.find((row) => row.kind === kind && !row.deleted)?.body
  const member = bodyOf('member')
  const place = bodyOf('community')
  if (!member || !place) throw new HttpProblem('unauthenticated')
  const { name } = JSON.parse(place) as Community
  return standingOf(community, name, JSON.parse(member) as Member, device, server.clock.now())
}
