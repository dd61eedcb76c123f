import { afterEach, expect, test } from 'vitest'
import { readPhone } from '../../src/db/database.ts'
import { countQueue, listQueue } from '../../src/db/outbox.ts'
import { settle } from '../../src/db/settle.ts'
import { doorState } from '../../src/domain/coverage/doorState.ts'
import type { Hold } from '../../src/domain/records/hold.ts'
import type { SessionTally } from '../../src/domain/records/sessionTally.ts'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import type { SyncAnswer } from '../../src/protocol/sync.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, rowsOf, type Community } from './community.ts'

let community: Community
afterEach(() => community.world.close())

/** The evening that a phone has begun. */
async function beginEvening(phone: TestPhone): Promise<string> {
  await phone.commit('session/start', { roundId: community.roundId, partnerIds: [] })
  return [...(await rowsOf(phone, 'session')).keys()][0]!
}

test('[SYNC-5][SYNC-6] a visit made before the stairwell was handed on still counts; then the stairwell leaves the phone', async () => {
  community = await createCommunity()
  const { world, officer, teams, stairwells, roundId } = community
  const member = await community.member(teams[0])
  const sessionId = await beginEvening(member)
  const early = await community.knock(member, stairwells[0], '101', 'met', sessionId)
  await member.sync()
  const late = await community.knock(member, stairwells[0], '201', 'notHome', sessionId)
  await community.assign(stairwells[0], teams[1])

  await member.sync()
  expect(await rowsOf(member, 'visit')).toEqual(new Map())
  expect(await rowsOf(member, 'stairwell')).toEqual(new Map())
  expect(await member.database.facades.toArray()).toEqual([])
  expect(await member.database.outbox.count()).toBe(0)
  expect(await member.database.shadow.count()).toBe(0)
  const tally = (await member.database.records.get([`m:${member.standing.memberId}`, 'sessionTally', sessionId]))!
  expect(Object.keys((tally.body as unknown as SessionTally).visits).sort()).toEqual(
    [early.visitId, late.visitId].sort(),
  )

  await officer.sync()
  const facade = (await officer.database.facades.get([stairwells[0], roundId]))!
  expect(Object.values(facade.doors).map((visits) => doorState(visits, false))).toEqual(
    expect.arrayContaining(['met', 'notHome']),
  )
  expect(Object.keys(facade.doors)).toHaveLength(2)
  expect((await world.server.storage.db.selectFrom('held').selectAll().execute()).length).toBe(0)
})

test('[SYNC-5][SYNC-6] a quiz that waited out of sight counts in its evening when the stairwell comes back, under other unsent work', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[0])
  const sessionId = await beginEvening(member)
  const met = await community.knock(member, stairwells[0], '101', 'met', sessionId)
  const other = await community.knock(member, stairwells[1], '101', 'notHome', sessionId)
  await member.sync()
  await community.assign(stairwells[0], teams[1])
  await member.sync()
  expect((await rowsOf(member, 'visit')).has(met.visitId)).toBe(false)
  // The visit is out of sight, so nothing can be said of it here; the server holds it, for the grant is over.
  const answers = [{ questionId: 'q001', chosen: 'kitchen' as const, correct: true }]
  const quiz = { visitId: met.visitId, stairwellId: stairwells[0], ruleSetId: 'gz2023', answers }
  expect((await member.commit('quiz/record', quiz)).saved).toBe(true)
  await member.sync()
  expect((await countQueue(member.database)).held).toBeGreaterThan(0)
  await community.assign(stairwells[0], teams[0])
  // Something else that is unsent stands on the same evening.
  await member.commit('visit/void', { visitId: other.visitId, stairwellId: stairwells[1], doorId: other.visitId })
  const post = member.seam.net.post
  member.seam.net.post = (path, body) => post(path, JSON.stringify({ ...JSON.parse(body), commands: [] }))
  await member.sync().catch(() => undefined)
  expect((await rowsOf(member, 'visit')).has(met.visitId)).toBe(true)
  expect((await rowsOf(member, 'quizTaken')).size).toBe(1)
  const tally = (await member.database.records.get([`m:${member.standing.memberId}`, 'sessionTally', sessionId]))!
  expect((tally.body as unknown as SessionTally).visits[met.visitId]).toMatchObject({ quizzed: true })
})

test('[SYNC-6] what is unsent in a lost stairwell stays visible until it is answered', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  await member.sync()
  const pending = await community.knock(member, stairwells[0], '102')
  await community.assign(stairwells[0], teams[1])
  const post = member.seam.net.post
  // The page with the loss arrives, the push in the same request does not get through.
  member.seam.net.post = (path, body) => post(path, JSON.stringify({ ...JSON.parse(body), commands: [] }))
  await expect(member.sync()).rejects.toThrow('offline')
  const visits = await rowsOf(member, 'visit')
  expect([...visits.keys()]).toEqual([pending.visitId])
  expect((await countQueue(member.database)).waiting).toBe(1)
  member.seam.net.post = post
  await member.sync()
  expect(await rowsOf(member, 'visit')).toEqual(new Map())
  expect(await member.database.outbox.count()).toBe(0)
})

test('[SYNC-6] a stairwell that is handed to the team arrives with everything in it', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells, roundId } = community
  await community.knock(officer, stairwells[1], '102', 'brief')
  await officer.sync()
  const member = await community.member(teams[0])
  expect([...(await rowsOf(member, 'stairwell')).keys()]).toEqual([stairwells[0]])
  await community.assign(stairwells[1], teams[0])
  await member.sync()
  expect([...(await rowsOf(member, 'stairwell')).keys()].sort()).toEqual([...stairwells].sort())
  const facade = (await member.database.facades.get([stairwells[1], roundId]))!
  expect(facade).toEqual(await officer.database.facades.get([stairwells[1], roundId]))
})

test('[SYNC-5] a visit that was never granted waits for the leader; when it counts, its author’s phone hears of it', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[1])
  const leader = await community.leader(teams[1])
  const counted = await community.knock(member, stairwells[0], '101')
  const declined = await community.knock(member, stairwells[0], '102')
  await member.sync()
  expect(await countQueue(member.database)).toEqual({ waiting: 0, held: 2, refused: 0 })
  expect((await rowsOf(member, 'visit')).size).toBe(2)

  await leader.sync()
  const holds = [...(await rowsOf(leader, 'hold')).values()] as unknown as Hold[]
  expect(holds.map((hold) => hold.why)).toEqual(['notGranted', 'notGranted'])
  for (const hold of holds) {
    const counts = hold.commandId === counted.commandId
    await leader.commit('hold/settle', { holdId: hold.id, teamId: hold.teamId, counts })
  }
  await leader.sync()
  await member.sync()
  const queue = await listQueue(member.database)
  expect(queue.map(({ id, state, code }) => ({ id, state, code }))).toEqual([
    { id: declined.commandId, state: 'refused', code: 'not_allowed' },
  ])
  await community.officer.sync()
  expect([...(await rowsOf(community.officer, 'visit')).keys()]).toEqual([counted.visitId])
})

test('[SYNC-6] a member whose bond ended keeps nothing but hears what became of the last visit', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[1])
  const { memberId } = member.standing
  const { commandId } = await community.knock(member, stairwells[0], '101')
  await officer.sync()
  await officer.commit('member/bond', { memberId, role: 'member', teamId: teams[1], active: false })
  await officer.sync()
  community.world.clock.tick(1_000)
  await member.sync()
  expect((await listQueue(member.database)).map((entry) => entry.state)).toEqual(['held'])
  expect((await rowsOf(member, 'team')).size).toBe(0)

  await officer.sync()
  const [hold] = [...(await rowsOf(officer, 'hold')).values()] as unknown as Hold[]
  expect(hold!.commandId).toBe(commandId)
  await officer.commit('hold/settle', { holdId: hold!.id, teamId: hold!.teamId, counts: false })
  await officer.sync()
  await member.sync()
  expect((await listQueue(member.database)).map((entry) => entry.state)).toEqual(['refused'])
})

test('[SYNC-6][SYNC-7] an answer of an older membership, or for another cursor, is dropped whole', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.knock(community.officer, stairwells[0], '101')
  await community.officer.sync()
  const asked = await readPhone(member.database)
  const answers: NetAnswer[] = []
  const post = member.seam.net.post
  member.seam.net.post = async (path, body) => {
    answers.push(await post(path, body))
    return answers.at(-1)!
  }
  await member.sync()
  expect((await rowsOf(member, 'visit')).size).toBe(1)
  await community.assign(stairwells[0], teams[1])
  await member.sync()
  expect((await rowsOf(member, 'visit')).size).toBe(0)

  const doubled = answers[0]!.body as SyncAnswer
  expect(await settle(member.database, member.seam, asked, doubled, true)).toBe('stale')
  const now = await readPhone(member.database)
  expect(await settle(member.database, member.seam, now, doubled, true)).toBe('stale')
  expect((await rowsOf(member, 'visit')).size).toBe(0)
  expect((await readPhone(member.database)).cursor).toBe(now.cursor)
})

test('[SYNC-6] from member to officer nothing leaves the phone; from officer to member all but the own goes', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  const second = await community.world.phone({ role: 'officer', name: '第二位' })
  await second.sync()
  const bond = async (role: 'officer' | 'member', phone: TestPhone) => {
    await officer.sync()
    const teamId = role === 'officer' ? null : teams[0]
    await officer.commit('member/bond', { memberId: phone.standing.memberId, role, teamId, active: true })
    await officer.sync()
    community.world.clock.tick(1_000)
  }
  const before = await rowsOf(member, 'stairwell')
  await bond('officer', member)
  const post = member.seam.net.post
  const dropped: unknown[] = []
  member.seam.net.post = async (path, body) => {
    const answer = await post(path, body)
    dropped.push((answer.body as SyncAnswer).dropScopes)
    return answer
  }
  await member.sync()
  expect(dropped[0]).toEqual([])
  expect((await rowsOf(member, 'stairwell')).size).toBe(before.size + 1)

  await bond('member', second)
  await second.sync()
  expect([...(await rowsOf(second, 'stairwell')).keys()]).toEqual([stairwells[0]])
  expect((await rowsOf(second, 'member')).size).toBeGreaterThan(0)
})

test('[SYNC-6] a scope that arrived in half a page before the phone died, and was lost meanwhile, is named all the same', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.assign(stairwells[1], teams[0])
  const post = member.seam.net.post
  const asked = await readPhone(member.database)
  const answers: SyncAnswer[] = []
  member.seam.net.post = async (path, body) => {
    const answer = await post(path, body)
    answers.push(answer.body as SyncAnswer)
    throw new Error('the phone died')
  }
  await expect(member.sync()).rejects.toThrow('the phone died')
  member.seam.net.post = post
  // What an early slice stores: rows, and a cursor that has not moved.
  const layout = answers[0]!.changes.find((change) => change.kind === 'stairwell')!
  await member.database.records.put({ ...layout, body: layout.body!, generation: asked.generation })
  await community.assign(stairwells[1], null)
  await member.sync()
  expect([...(await rowsOf(member, 'stairwell')).keys()]).toEqual([stairwells[0]])
})
