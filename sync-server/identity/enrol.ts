import type { Transaction } from 'kysely'
import { put } from '../../src/domain/put.ts'
import { communityScope, type Change } from '../../src/domain/record.ts'
import type { Community } from '../../src/domain/records/community.ts'
import type { Device } from '../../src/domain/records/device.ts'
import { fitsBond, type Invite } from '../../src/domain/records/invite.ts'
import { bondAt, type Member } from '../../src/domain/records/member.ts'
import type { EnrolRequest, EnterRequest, Standing } from '../../src/protocol/enrolment.ts'
import { commitDeed } from '../commitDeed.ts'
import type { ServerContext } from '../context.ts'
import { HttpProblem } from '../HttpProblem.ts'
import { insertDeviceToken, listCommunities, readLastEnrolment, takeEntryLink } from '../storage/enrolments.ts'
import { findInvites } from '../storage/records.ts'
import type { Tables } from '../storage/tables.ts'
import type { WorkingFacts } from '../workingFacts.ts'
import { freshToken } from './rotation.ts'
import { hashSecret, newRecordId, newSecret } from './token.ts'

/** The community that a secret names, and the secret itself: links carry `community.secret`, short codes only a code. */
export function splitSecret(text: string): { community: string | null; secret: string } {
  const match = /^([A-Za-z0-9_-]{16,32})\.([A-Za-z0-9_-]{20,64})$/.exec(text)
  return match ? { community: match[1]!, secret: match[2]! } : { community: null, secret: text }
}

export interface Enrolled {
  standing: Standing
  /** `community.token`, for the cookie and nowhere else. */
  cookie: string
}

/**
 * Uses an invitation up: a pending phone, which takes no part until somebody has compared the match code. Any dead
 * invitation gives the same answer. Twenty parallel uses make one phone, because each looks under the clock's lock.
 * An invitation for a known member (换手机) makes another phone of that member, under the name that is known.
 *
 * @throws HttpProblem `invite_dead`; `unsent_of_another`, with nothing used up, when the phone says whose unsent work it
 *   holds and the invitation would make it somebody else's
 */
export async function enrol(server: ServerContext, request: EnrolRequest): Promise<Enrolled> {
  const { community, secret } = splitSecret(request.secret)
  const asCode = community === null
  const hash = hashSecret(asCode ? secret.toUpperCase().replaceAll('-', '') : secret)
  for (const candidate of asCode ? await listCommunities(server.storage.db) : [community]) {
    const enrolled = await tryEnrol(server, candidate, asCode, hash, request)
    if (enrolled) return enrolled
  }
  throw new HttpProblem('invite_dead')
}

async function tryEnrol(
  server: ServerContext,
  community: string,
  asCode: boolean,
  hash: string,
  request: EnrolRequest,
): Promise<Enrolled | null> {
  return commitDeed(server, community, async (trx, facts) => {
    const now = server.clock.now()
    const [row] = await findInvites(trx, community, asCode ? 'codeHash' : 'secretHash', hash)
    const invite = row ? (JSON.parse(row.body) as Invite) : null
    if (!invite || invite.state !== 'open' || invite.expiresAt <= now) return { changes: [], value: null }
    const known = invite.memberId ? await readInvited(facts, invite.memberId) : null
    if (invite.memberId && !stillFits(known, invite, now)) return { changes: [], value: null }
    const member = known ?? { id: newRecordId(server.rng), name: request.name.trim(), bonds: [] }
    if (request.unsentOf && request.unsentOf !== member.id) throw new HttpProblem('unsent_of_another')
    const { role, teamId } = invite
    const enrolledAt = await nextEnrolledAt(trx, community, member.id, now)
    const given = { role, teamId, state: 'pending' as const, name: request.deviceName, enrolledAt }
    const device = newDevice(server, member.id, given)
    const changes = [
      ...(known ? [] : [put('member', member)]),
      put('device', device),
      put('invite', { ...invite, state: 'used', deviceId: device.id }),
      ...(request.unsentOf ? await takeOverReport(facts, member.id) : []),
    ]
    return { changes, value: await admit(server, trx, facts, community, member, device) }
  }).catch((error: unknown) => {
    // A community that is not here is as dead as an invitation that never was.
    if (error instanceof Error && error.message === 'unknown community') return null
    throw error
  })
}

/**
 * A phone that enrols again holds what its last enrolment had not sent. Where only one of the member's phones had said
 * that it holds something, that one was this phone: it would stand among those that have not synced for ever.
 */
async function takeOverReport(facts: WorkingFacts, memberId: string): Promise<Change[]> {
  await facts.load([{ range: { kind: 'deviceReport', scope: communityScope } }])
  const told = facts.all('deviceReport', communityScope)
  const own = told.filter((report) => report.memberId === memberId && report.unsent > 0)
  return own.length === 1 ? [put('deviceReport', { ...own[0]!, unsent: 0 })] : []
}

async function readInvited(facts: WorkingFacts, memberId: string): Promise<Member | null> {
  await facts.load([{ row: { kind: 'member', id: memberId, scope: communityScope } }])
  const found = facts.get('member', memberId)
  return typeof found === 'object' ? found : null
}

/** Who moved on since gets no phone in the team of then: its leader would let it in. */
function stillFits(member: Member | null, invite: Invite, now: number): boolean {
  const bond = member && bondAt(member, now)
  return bond ? fitsBond(invite, bond) : false
}

/**
 * Uses a one-time link of the operator up. The first officer's founds the community; the others let one demo person in.
 *
 * @throws HttpProblem `invite_dead`
 */
export async function enter(server: ServerContext, request: EnterRequest): Promise<Enrolled> {
  const { community, secret } = splitSecret(request.secret)
  if (community === null || !(await listCommunities(server.storage.db)).includes(community)) {
    throw new HttpProblem('invite_dead')
  }
  const enrolled = await commitDeed(server, community, async (trx, facts) => {
    const now = server.clock.now()
    const link = await takeEntryLink(trx, community, hashSecret(secret), now)
    if (!link) return { changes: [], value: null }
    const memberId = link.member ?? newRecordId(server.rng)
    await facts.load([{ row: { kind: 'member', id: memberId, scope: 'c' } }])
    await facts.load([{ row: { kind: 'community', id: community, scope: 'c' } }])
    const known = facts.get('member', memberId)
    const bond = { role: link.role as 'officer', teamId: link.team, from: now, until: null }
    const founded = facts.get('community', community) === 'absent'
    const name = request.name?.trim()
    const foundedName = request.community?.trim() ?? ''
    if (typeof known !== 'object' && !name) throw new HttpProblem('bad_request')
    if (founded && !foundedName) throw new HttpProblem('bad_request')
    const person = typeof known === 'object' ? known : { id: memberId, name: name ?? '', bonds: [] }
    // Whoever was never confirmed, or whose confirmation is younger than a restored backup, is let in by the operator.
    const member: Member = person.bonds.length === 0 ? { ...person, bonds: [bond] } : person
    const enrolledAt = await nextEnrolledAt(trx, community, memberId, now)
    const given = { ...bond, state: 'active' as const, name: request.deviceName, enrolledAt }
    const device = newDevice(server, memberId, given)
    const changes = [put('member', member), put('device', device)]
    const value = await admit(server, trx, facts, community, member, device)
    if (founded) {
      changes.unshift(put('community', newCommunity(community, foundedName)))
      value.standing.community.name = foundedName
    }
    return { changes, value }
  })
  if (!enrolled) throw new HttpProblem('invite_dead')
  return enrolled
}

/**
 * Which of a member's enrolments is the younger one decides where what waits goes on waiting (SYNC-4). A host's clock that
 * was set back in between must not turn their order round.
 */
async function nextEnrolledAt(
  trx: Transaction<Tables>,
  community: string,
  memberId: string,
  now: number,
): Promise<number> {
  const last = await readLastEnrolment(trx, community, memberId)
  return last === null ? now : Math.max(now, last + 1)
}

function newDevice(
  server: ServerContext,
  memberId: string,
  given: Pick<Device, 'role' | 'teamId' | 'state' | 'name' | 'enrolledAt'>,
): Device {
  const { role, teamId, state, name, enrolledAt } = given
  const number = server.rng.bytes(4).reduce((value, byte) => (value * 256 + byte) % 1_000_000, 0)
  const matchCode = String(number).padStart(6, '0')
  return { id: newRecordId(server.rng), memberId, role, teamId, name, matchCode, state, enrolledAt }
}

/** A founded community starts with these settings; every one of them can be changed on the officer's page. */
export function newCommunity(id: string, name: string): Community {
  const hours = { visitingFrom: 19 * 60, visitingUntil: 21 * 60, quietDays: [] }
  return { id, name, ruleSetId: 'gz2023', questionsPerVisit: 1, ...hours, revision: 1 }
}

async function admit(
  server: ServerContext,
  trx: Transaction<Tables>,
  facts: WorkingFacts,
  community: string,
  member: Member,
  device: Device,
): Promise<Enrolled> {
  const token = newSecret(server.rng)
  const row = { community, ...freshToken(server, token), device: device.id, member: member.id }
  await insertDeviceToken(trx, { ...row, createdAt: device.enrolledAt, state: 'active' })
  await facts.load([{ row: { kind: 'community', id: community, scope: 'c' } }])
  const known = facts.get('community', community)
  const name = typeof known === 'object' ? known.name : ''
  return { standing: standingOf(community, name, member, device, server.clock.now()), cookie: `${community}.${token}` }
}

/** Who a device is, in the words of the wire. */
export function standingOf(
  community: string,
  communityName: string,
  member: Member,
  device: Device,
  now: number,
): Standing {
  const bond = bondAt(member, now)
  return {
    community: { id: community, name: communityName },
    memberId: member.id,
    deviceId: device.id,
    name: member.name,
    role: bond?.role ?? null,
    teamId: bond?.teamId ?? null,
    state: device.state === 'active' ? 'active' : 'pending',
    matchCode: device.state === 'pending' ? device.matchCode : null,
    serverTime: now,
  }
}
