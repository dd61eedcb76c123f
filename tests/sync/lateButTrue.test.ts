import { afterEach, beforeEach, expect, test } from 'vitest'
import { commit } from '../../src/db/commit.ts'
import { countQueue } from '../../src/db/outbox.ts'
import { mintId } from '../../src/domain/hash.ts'
import type { Body, KindName } from '../../src/domain/kinds.ts'
import { mintDoorId } from '../../src/domain/records/stairwell.ts'
import { tellDoor } from '../../src/features/coverage/doorHistory.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, type Community } from './community.ts'

const DAY_MS = 86_400_000
let community: Community
let member: TestPhone
let leader: TestPhone

beforeEach(async () => {
  community = await createCommunity()
  member = await community.member(community.teams[0])
  leader = await community.leader(community.teams[0])
  for (const phone of [member, leader]) await phone.sync()
})
afterEach(() => community.world.close())

/** A knock by a phone whose clock says something else than everybody's. @returns the id of its visit */
async function knockAt(claimedAt: number, stairwellId = community.stairwells[0]): Promise<string> {
  const seam = { ...member.seam, clock: { now: () => claimedAt } }
  const place = { stairwellId, roundId: community.roundId, level: 1, label: '101' }
  const saved = await commit(member.database, seam, 'visit/record', { ...place, outcome: 'met', sessionId: null })
  if (!saved.saved) throw new Error(saved.code)
  return mintId(saved.id, '0')
}

async function rowsOf<K extends KindName>(phone: TestPhone, kind: K): Promise<Body<K>[]> {
  const rows = await phone.database.records.filter((row) => row.kind === kind).toArray()
  return rows.map((row) => row.body as unknown as Body<K>)
}

/** What the leader's door sheet tells of door 101. */
async function history(phone: TestPhone) {
  const rounds = await rowsOf(phone, 'round')
  const visits = await rowsOf(phone, 'visit')
  const doorId = mintDoorId(community.stairwells[0], '101')
  return tellDoor(doorId, visits, [], [], rounds).flatMap((round) => round.visits)
}

test.each([
  ['1970', () => 0],
  ['2099', () => Date.UTC(2099, 0, 1)],
  ['a day before the last sync', () => community.world.clock.now() - DAY_MS],
])(
  '[SYNC-5] a clock at %s: the visit is applied, clamped and flagged, on the server and for the leader',
  async (_, at) => {
    const { clock } = community.world
    const syncedAt = clock.now()
    clock.tick(20 * 60_000)
    const visitId = await knockAt(at())
    clock.tick(40 * 60_000)
    await member.sync()
    const [visit] = (await rowsOf(member, 'visit')).filter((row) => row.id === visitId)
    expect(visit).toMatchObject({ estimated: true })
    expect(visit!.visitedAt).toBeGreaterThanOrEqual(syncedAt)
    expect(visit!.visitedAt).toBeLessThanOrEqual(clock.now())
    expect(await countQueue(member.database)).toEqual({ waiting: 0, held: 0, refused: 0 })
    await leader.sync()
    expect(await history(leader)).toMatchObject([{ id: visitId, estimated: true }])
  },
)

test('[SYNC-5] a knock and its undo at a door that the server knows by another id: both count, at that door', async () => {
  const [stairwellId] = community.stairwells
  const doorId = mintDoorId(stairwellId, '101')
  await leader.commit('door/rename', { stairwellId, doorId, label: '199' })
  await leader.sync()
  community.world.clock.tick(60_000)
  // The member's phone has not heard of the new plate.
  const { roundId } = community
  const saved = await member.commit('visit/record', {
    stairwellId,
    roundId,
    level: 1,
    label: '199',
    outcome: 'met',
    sessionId: null,
  })
  if (!saved.saved) throw new Error(saved.code)
  const visitId = mintId(saved.id, '0')
  const known = mintDoorId(stairwellId, '199')
  expect(await member.commit('visit/void', { visitId, stairwellId, doorId: known })).toMatchObject({ saved: true })
  await member.sync()
  expect(await countQueue(member.database)).toEqual({ waiting: 0, held: 0, refused: 0 })
  expect(await rowsOf(member, 'visit')).toMatchObject([{ id: visitId, doorId }])
  expect(await rowsOf(member, 'visitVoid')).toMatchObject([{ visitId, doorId }])
})

test('[SYNC-5] a clock that is off by a year but measured, and one that drifts, need no estimate', async () => {
  const { clock } = community.world
  clock.tick(20 * 60_000)
  const drifted = await knockAt(clock.now() + 5_000)
  await member.sync()
  await member.database.phone.toCollection().modify((state) => {
    state.offsetMs += 365 * DAY_MS
  })
  clock.tick(60_000)
  const measured = await knockAt(clock.now() + 365 * DAY_MS)
  await member.sync()
  await leader.sync()
  const told = await history(leader)
  expect(told.map(({ id }) => id).sort()).toEqual([drifted, measured].sort())
  expect(told.every(({ estimated }) => !estimated)).toBe(true)
})

test('[SYNC-5] what waited keeps the flag when its leader lets it count', async () => {
  await community.assign(community.stairwells[0], null)
  community.world.clock.tick(20 * 60_000)
  const visitId = await knockAt(Date.UTC(2099, 0, 1))
  await member.sync()
  await leader.sync()
  const [hold] = await rowsOf(leader, 'hold')
  expect(hold).toMatchObject({ why: 'notGranted', state: 'waiting', estimated: true })
  await leader.commit('hold/settle', { holdId: hold!.id, teamId: hold!.teamId, counts: true })
  await leader.sync()
  await community.officer.sync()
  const [visit] = (await rowsOf(community.officer, 'visit')).filter((row) => row.id === visitId)
  expect(visit).toMatchObject({ estimated: true })
})
