import { afterEach, beforeEach, expect, test } from 'vitest'
import { put } from '../../src/domain/put.ts'
import type { Hold } from '../../src/domain/records/hold.ts'
import type { Member, Role } from '../../src/domain/records/member.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import { VERBS, type Args, type Verb } from '../../src/domain/verbs.ts'
import { commitBatch } from '../../sync-server/commitBatch.ts'
import { commitDeed } from '../../sync-server/commitDeed.ts'
import { readRange, readRecords } from '../../sync-server/storage/records.ts'
import { createWorld, type World } from '../harness/world.ts'

const DAY = 86_400_000
let world: World
let stairwellId: string
let roundId: string
let teamId: string
let other: string

beforeEach(async () => {
  world = await createWorld()
  const officer = await world.phone({ role: 'officer' })
  await officer.sync()
  ;[teamId, other, roundId] = [world.newId(), world.newId(), world.newId()]
  for (const [id, name] of [
    [teamId, '一队'],
    [other, '二队'],
  ] as const) {
    await officer.commit('team/save', { teamId: id, baseRevision: 0, name })
  }
  const round = { roundId, baseRevision: 0, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'open' as const }
  await officer.commit('round/save', round)
  const doors = [{ label: '101', level: 1, kind: 'home' as const, column: 0 }]
  const floors = [{ level: 1, label: '1' }]
  await officer.commit('roster/import-stairwell', { estate: '', building: '1栋', stairwell: '', floors, doors })
  stairwellId = mintStairwellId(world.community, '', '1栋', '')
  await officer.commit('assignment/save', give(teamId))
  await officer.sync()
})
afterEach(() => world.close())

const give = (to: string, baseRevision = 0) => {
  return { stairwellId, roundId, baseRevision, teamId: to, memberIds: [], leaseUntil: null }
}
const knock = { level: 1, label: '101', outcome: 'met' as const, sessionId: null }

/** Sends one command as a phone might make it up, and answers with the server's word. */
async function send<V extends Verb>(
  who: { memberId: string; deviceId: string },
  verb: V,
  args: Args<V>,
  claimedAt = world.clock.now(),
) {
  const id = world.newId()
  const raw = { n: 1, id, verb, version: VERBS[verb].version, claimedAt, offsetMs: 0, after: 1, args }
  const batch = { community: world.community, ...who, incarnation: world.newId(), unsent: 0 }
  const { answers } = await commitBatch(world.server, { ...batch, commands: [{ n: 1, id, raw }] })
  return answers[0]!
}

/** A member with these bonds, by days before now, and a phone. */
async function someone(bonds: [Role, string | null, number, number | null][]) {
  const now = world.clock.now()
  const phone = await world.phone({ role: 'member', team: teamId })
  const { memberId, deviceId } = phone.standing
  const member: Member = {
    id: memberId,
    name: '某人',
    bonds: bonds.map(([role, team, from, until]) => {
      return { role, teamId: team, from: now - from * DAY, until: until === null ? null : now - until * DAY }
    }),
  }
  await commitDeed(world.server, world.community, async () => ({ changes: [put('member', member)], value: undefined }))
  return { memberId, deviceId }
}

test('rights are given by the bond of now: an officer of the past moves nothing by claiming an old hour', async () => {
  const former = await someone([['officer', null, 100, 60]])
  const past = world.clock.now() - 90 * DAY
  expect((await send(former, 'assignment/save', give(other, 1), past)).result).not.toBe('applied')
  const demoted = await someone([
    ['leader', teamId, 20, 2],
    ['member', teamId, 2, null],
  ])
  const recently = world.clock.now() - 3 * DAY
  expect(await send(demoted, 'assignment/save', give(other, 1), recently)).toMatchObject({ code: 'not_allowed' })
})

test('[SYNC-5] a bond that was over as it began leaves no interval, and what its member did can still be let count', async () => {
  const nobody = await someone([])
  const claimedAt = world.clock.now() - 60_000
  expect(await send(nobody, 'visit/record', { ...knock, stairwellId, roundId }, claimedAt)).toMatchObject({
    result: 'held',
    until: 'notGranted',
  })
  const { db } = world.server.storage
  const [hold] = (await readRange(db, world.community, 'o', 'hold', 10)).map((row) => JSON.parse(row.body) as Hold)
  expect(hold).toMatchObject({ teamId: null, state: 'waiting' })
  const officer = await someone([['officer', null, 100, null]])
  const settled = await send(officer, 'hold/settle', { holdId: hold!.id, teamId: null, counts: true })
  expect(settled.result).toBe('applied')
  expect(await readRange(db, world.community, `s:${stairwellId}`, 'visit', 10)).toHaveLength(1)
})

test('[SYNC-5] what an officer of the past did long ago waits like everybody’s', async () => {
  const former = await someone([['officer', null, 100, 10]])
  const old = world.clock.now() - 40 * DAY
  expect(await send(former, 'visit/record', { stairwellId, roundId, ...knock }, old)).toMatchObject({ until: 'tooOld' })
})

test('a hold that a person let count is applied though its author has left; what is not allowed stays so', async () => {
  const gone = await someone([['member', other, 20, 1]])
  expect(await send(gone, 'visit/record', { stairwellId, roundId, ...knock })).toMatchObject({ result: 'held' })
  const officer = await someone([['officer', null, 1, null]])
  const holds = await readRange(world.server.storage.db, world.community, 'o', 'hold', 10)
  const hold = JSON.parse(holds[0]!.body) as Hold
  expect((await send(officer, 'hold/settle', { holdId: hold.id, teamId: null, counts: true })).result).toBe('applied')
  const visits = await readRange(world.server.storage.db, world.community, `s:${stairwellId}`, 'visit', 10)
  expect(visits).toHaveLength(1)
})

test('a visit that names somebody else’s evening is kept and counts for no evening', async () => {
  const one = await someone([['member', teamId, 5, null]])
  const two = await someone([['member', teamId, 5, null]])
  const started = await send(one, 'session/start', { roundId, partnerIds: [] })
  const [session] = await readRange(world.server.storage.db, world.community, `m:${one.memberId}`, 'session', 10)
  expect(started.result).toBe('applied')
  const stolen = await send(two, 'visit/record', { stairwellId, roundId, ...knock, sessionId: session!.id })
  expect(stolen.result).toBe('applied')
  const tally = await readRecords(world.server.storage.db, world.community, [{ kind: 'sessionTally', id: session!.id }])
  expect(tally).toEqual([])
})

test('the rows of one batch are numbered by kind, so that no answer stands beside its door', async () => {
  const phone = await world.phone({ role: 'member', team: teamId })
  await phone.sync()
  for (const label of ['101', '102', '103']) {
    const visit = await phone.commit('visit/record', { stairwellId, roundId, ...knock, label })
    const rows = await phone.database.records.where('[kind+id]').between(['visit', ''], ['visit', '\uffff']).toArray()
    const made = rows.map((row) => row.body as { id: string; label: string }).find((body) => body.label === label)!
    expect(visit.saved).toBe(true)
    const answers = [{ questionId: 'i001', chosen: 'kitchen' as const, correct: true }]
    await phone.commit('quiz/record', { visitId: made.id, stairwellId, ruleSetId: 'gz2023', answers })
  }
  await phone.sync()
  const scope = `s:${stairwellId}`
  const clocks = async (kind: string) =>
    (await readRange(world.server.storage.db, world.community, scope, kind, 10)).map((row) => row.clock)
  const taken = await clocks('quizTaken')
  const answered = await clocks('quizAnswer')
  expect(Math.max(...answered)).toBeLessThan(Math.min(...taken))
})
