import { afterEach, expect, test } from 'vitest'
import { takeAlong } from '../../src/db/carried.ts'
import { openPhone } from '../../src/db/openPhone.ts'
import { readPhone } from '../../src/db/database.ts'
import { exportUnsent } from '../../src/db/exportUnsent.ts'
import { countQueue } from '../../src/db/outbox.ts'
import type { SyncAnswer, SyncRequest } from '../../src/protocol/sync.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, rowsOf, type Community } from './community.ts'

let community: Community
afterEach(() => community.world.close())

async function drain(phone: TestPhone): Promise<void> {
  const { officer, teams, world } = community
  await officer.sync()
  const { saved } = await officer.commit('device/drain', { deviceId: phone.standing.deviceId, teamId: teams[0] })
  expect(saved).toBe(true)
  await officer.sync()
  world.clock.tick(1_000)
}

/** What the server says of a phone. */
async function stateOf(phone: TestPhone): Promise<string> {
  const { officer } = community
  await officer.sync()
  return ((await rowsOf(officer, 'device')).get(phone.standing.deviceId) as unknown as { state: string }).state
}

test('[SYNC-15] a draining phone sends everything once, takes nothing more in, and is then let go', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  for (let k = 0; k < 30; k++) await community.knock(member, stairwells[0], ['101', '102', '201', '202'][k % 4]!)
  await drain(member)
  expect(await stateOf(member)).toBe('draining')
  const asked: SyncRequest[] = []
  const answered: SyncAnswer[] = []
  const post = member.seam.net.post
  let refused: unknown
  const noEntry = { stairwellId: stairwells[0], roundId: community.roundId, reason: 'locked' as const, sessionId: null }
  member.seam.net.post = async (path, body) => {
    asked.push(JSON.parse(body) as SyncRequest)
    const answer = await post(path, body)
    answered.push(answer.body as SyncAnswer)
    // The word of it is stored; a tap that comes now would never be sent.
    if (asked.length === 2) refused = await member.commit('visit/no-entry', noEntry)
    return answer
  }
  await expect(member.sync()).rejects.toMatchObject({ code: 'device_revoked' })
  expect(refused).toEqual({ saved: false, code: 'device_ending' })
  expect(answered[0]).toMatchObject({ device: 'draining', changes: [], dropScopes: [] })
  expect(answered[0]).not.toHaveProperty('handoverKey')
  expect(asked.map(({ leaving, commands }) => [commands.length, leaving ?? false])).toEqual([
    [30, false],
    [0, true],
  ])
  expect(await stateOf(member)).toBe('revoked')
  expect((await rowsOf(officer, 'visit')).size).toBe(30)
  expect(await member.database.outbox.where('state').equals('pending').count()).toBe(0)
})

test('[SYNC-15] a phone that knows that it is draining saves nothing, also after another start', async () => {
  community = await createCommunity()
  const { teams, stairwells, roundId } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  await drain(member)
  // The word comes, and the answer to what follows is lost.
  const post = member.seam.net.post
  let calls = 0
  member.seam.net.post = (path, body) => (++calls > 1 ? Promise.reject(new Error('lost')) : post(path, body))
  await expect(member.sync()).rejects.toThrow('lost')
  expect((await readPhone(member.database)).device).toBe('draining')
  const { communityId, memberId, deviceId } = await readPhone(member.database)
  const again = await openPhone(member.seam, { communityId, memberId, deviceId, device: 'active', matchCode: null })
  expect((await readPhone(again)).device).toBe('draining')
  again.close()
  const knock = {
    stairwellId: stairwells[0],
    roundId,
    level: 1,
    label: '102',
    outcome: 'met' as const,
    sessionId: null,
  }
  expect(await member.commit('visit/record', knock)).toEqual({ saved: false, code: 'device_ending' })
  expect((await countQueue(member.database)).waiting).toBe(0)
  expect((await rowsOf(member, 'visit')).size).toBe(1)
  member.seam.net.post = post
  await expect(member.sync()).rejects.toMatchObject({ code: 'device_revoked' })
})

test('[SYNC-15] lost answers end in the same place: nothing doubled, nothing left behind', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  for (const label of ['101', '102', '201']) await community.knock(member, stairwells[0], label)
  await drain(member)
  const post = member.seam.net.post
  let calls = 0
  // Answers are lost after the server has done what was asked.
  member.seam.net.post = async (path, body) => {
    const answer = await post(path, body)
    if (++calls % 3 === 1) throw new Error('lost')
    return answer
  }
  let end: unknown
  for (let tries = 0; tries < 10; tries++) {
    end = await member.sync().catch((error: unknown) => error)
    if ((end as { code?: string }).code === 'device_revoked') break
  }
  expect(end).toMatchObject({ code: 'device_revoked' })
  await officer.sync()
  expect((await rowsOf(officer, 'visit')).size).toBe(3)
})

test('[SYNC-15] what a draining phone carries for others is brought first', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells, world } = community
  const member = await community.member(teams[0])
  const mate = await community.member(teams[0], '乙')
  await community.knock(mate, stairwells[0], '101')
  const file = await exportUnsent(mate.database, mate.seam)
  if (!file.ok) throw new Error(file.why)
  expect(await takeAlong(member.database, file.text, world.clock.now())).toMatchObject({ ok: true })
  await drain(member)
  await expect(member.sync()).rejects.toMatchObject({ code: 'device_revoked' })
  await officer.sync()
  expect((await rowsOf(officer, 'visit')).size).toBe(1)
  expect(await takeAlong(member.database, file.text, world.clock.now())).toEqual({ ok: false, why: 'ending' })
})

test('[SYNC-15] only a draining phone that has nothing left is let go', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  const post = member.seam.net.post
  member.seam.net.post = (path, body) => post(path, JSON.stringify({ ...(JSON.parse(body) as object), leaving: true }))
  expect(await member.sync()).toBe('synced')
  expect(await stateOf(member)).toBe('active')
  await drain(member)
  // It says that it leaves, and in the same breath that something is unsent.
  member.seam.net.post = (path, body) => {
    return post(path, JSON.stringify({ ...(JSON.parse(body) as object), leaving: true, unsent: 1 }))
  }
  expect(await member.sync()).toBe('synced')
  expect(await stateOf(member)).toBe('draining')
})

test('[SYNC-15] the end of another enrolment on the same phone ends nothing here', async () => {
  community = await createCommunity()
  const { teams, stairwells, officer } = community
  const member = await community.member(teams[0])
  const other = await community.member(teams[0], '乙')
  await community.knock(member, stairwells[0], '101')
  await officer.sync()
  await officer.commit('device/revoke', { deviceId: other.standing.deviceId, teamId: teams[0] })
  await officer.sync()
  // The cookie of this browser is the other's by now.
  member.seam.net.post = other.seam.net.post
  await expect(member.sync()).rejects.toMatchObject({ code: 'unauthenticated' })
  member.seam.net.post = async () => {
    const body = { code: 'device_revoked', device: member.standing.deviceId }
    return { status: 200, body, retryAfterMs: null }
  }
  await expect(member.sync()).rejects.not.toMatchObject({ code: 'device_revoked' })
  expect((await countQueue(member.database)).waiting).toBe(1)
})
