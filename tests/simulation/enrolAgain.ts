import { newId } from '../../src/db/database.ts'
import type { Seam } from '../../src/db/seam.ts'
import { put } from '../../src/domain/put.ts'
import type { Device } from '../../src/domain/records/device.ts'
import { termsOf, type Invite } from '../../src/domain/records/invite.ts'
import { bondAt, type Member } from '../../src/domain/records/member.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import { commitDeed } from '../../sync-server/commitDeed.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { enrol, enter, type Enrolled } from '../../sync-server/identity/enrol.ts'
import { makeEntryLink } from '../../sync-server/start.ts'
import { createInviteSecret } from './inviteSecret.ts'

type Terms = Pick<Invite, 'role' | 'teamId'>

/**
 * Another enrolment for a member who has one already, by the operator's link or by an invitation; by the link for
 * somebody whose confirmation a restored server has forgotten.
 *
 * @param server its context may be another one after each step
 * @param revokes whether the enrolment before it is revoked as soon as this one is there
 * @returns `null` when nobody would give it: the member has left, or is not known
 */
export async function enrolAgain(
  server: { readonly context: ServerContext },
  community: string,
  rng: Seam['rng'],
  { memberId, deviceId }: Standing,
  how: 'link' | 'invitation',
  revokes: boolean,
): Promise<Enrolled | null> {
  const { member, device, first } = await readBodies(server.context, memberId, deviceId)
  const bond = member && bondAt(member, server.context.clock.now())
  // Never confirmed, as far as this server knows: on the terms of the first enrolment.
  const given = bond ?? (member?.bonds.length === 0 ? first : null)
  if (!member || !given) return null
  const terms = termsOf(given)
  const secret = await (how === 'link' || !bond
    ? makeEntryLink(server.context, community, { role: terms.role, member: memberId, team: terms.teamId })
    : invite(server.context, community, rng, memberId, terms))
  const asked = { secret, name: member.name, deviceName: '测试机' }
  const enrolled = how === 'link' || !bond ? await enter(server.context, asked) : await enrol(server.context, asked)
  if (revokes && device) {
    const changes = [put('device', { ...device, state: 'revoked' as const })]
    await commitDeed(server.context, community, async () => ({ changes, value: null }))
  }
  return enrolled
}

async function invite(
  context: ServerContext,
  community: string,
  rng: Seam['rng'],
  memberId: string,
  terms: Terms,
): Promise<string> {
  const { secret, hash } = createInviteSecret(() => newId(rng))
  const expiresAt = context.clock.now() + 600_000
  const rest = { label: '', invitedBy: memberId, expiresAt, state: 'open' as const, deviceId: null }
  const made = { id: newId(rng), ...terms, memberId, secretHash: hash, codeHash: null, ...rest }
  await commitDeed(context, community, async () => ({ changes: [put('invite', made)], value: null }))
  return `${community}.${secret}`
}

async function readBodies(
  { storage }: ServerContext,
  memberId: string,
  deviceId: string,
): Promise<{ member: Member | null; device: Device | null; first: Device | null }> {
  const rows = storage.db.selectFrom('record').select(['kind', 'body'])
  const found = await rows.where('deleted', '=', 0).where('kind', 'in', ['member', 'device']).execute()
  const bodies = found.map(({ kind, body }) => ({ kind, body: JSON.parse(body!) as { id: string } }))
  const member = bodies.find(({ kind, body }) => kind === 'member' && body.id === memberId)?.body ?? null
  const devices = bodies.filter(({ kind }) => kind === 'device').map(({ body }) => body as Device)
  const own = devices.filter((body) => body.memberId === memberId).sort((a, b) => a.enrolledAt - b.enrolledAt)
  return {
    member: member as Member | null,
    device: own.find((body) => body.id === deviceId) ?? null,
    first: own[0] ?? null,
  }
}
