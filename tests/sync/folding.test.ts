import { afterEach, expect, test, vi } from 'vitest'
import { Database, readPhone } from '../../src/db/database.ts'
import { dropFolded } from '../../src/db/foldRound.ts'
import { settle } from '../../src/db/settle.ts'
import { canonicalJson } from '../../src/domain/hash.ts'
import { mintFoldedId, type Folded } from '../../src/domain/records/folded.ts'
import type { Hold } from '../../src/domain/records/hold.ts'
import type { Round } from '../../src/domain/records/round.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import { DAY_MS, LIMITS } from '../../src/protocol/limits.ts'
import { fold } from '../../sync-server/folding.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, rowsOf, type Community } from './community.ts'

const DAYS = 90
let community: Community
const limits = { ...LIMITS }
afterEach(async () => {
  Object.assign(LIMITS, limits)
  await community.world.close()
})

/** The officer closes the round, or opens it again: without it a team reads no stairwell. */
async function setRound(state: Round['state']): Promise<void> {
  const { officer, roundId } = community
  await officer.sync()
  const row = await officer.database.records.get(['c', 'round', roundId])
  const { revision: baseRevision, number, name, startsOn } = row!.body as Round
  await officer.commit('round/save', { roundId, baseRevision, number, name, startsOn, state })
  await officer.sync()
}

/** Ninety days pass, and the server folds what it finds. The round is open again behind it. */
async function foldAll(): Promise<void> {
  await setRound('closed')
  community.world.clock.tick((DAYS + 1) * DAY_MS)
  await fold(community.world.server, DAYS)
  await setRound('open')
}

const tallyOn = async (phone: TestPhone, stairwellId: string): Promise<Folded | undefined> => {
  const { roundId } = community
  const row = await phone.database.records.get([`s:${stairwellId}`, 'folded', mintFoldedId(roundId, stairwellId)])
  return row?.body as Folded | undefined
}

/** What a phone holds of a stairwell, façades included, as a phone holds it that was never here before. */
async function expectLikeFresh(phone: TestPhone, teamId: string, stairwellId: string): Promise<void> {
  const fresh = await community.member(teamId, '新')
  await fresh.sync()
  const scope = `s:${stairwellId}`
  const inScope = async ({ database }: TestPhone) => {
    const rows = await database.records.filter((row) => row.scope === scope).toArray()
    return rows.map(({ kind, id, body }) => canonicalJson({ kind, id, body })).sort()
  }
  expect(await inScope(phone)).toEqual(await inScope(fresh))
  expect(canonicalJson(await phone.database.facades.toArray())).toBe(
    canonicalJson(await fresh.database.facades.toArray()),
  )
}

test('[SYNC-12] a phone lets the events of a folded round go, in slices, and keeps those of others', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells, roundId } = community
  const member = await community.member(teams[0])
  for (let visit = 0; visit < 30; visit++) await community.knock(member, stairwells[0], '101', 'notHome')
  await member.sync()
  await community.knock(officer, stairwells[1], '201', 'met')
  await officer.sync()
  expect((await rowsOf(member, 'visit')).size).toBe(30)
  await foldAll()
  Object.assign(LIMITS, { rowsPerTransaction: 4 })
  await member.sync()
  expect(await rowsOf(member, 'visit')).toEqual(new Map())
  expect(await member.database.facades.get([stairwells[0], roundId])).toBeUndefined()
  expect(await tallyOn(member, stairwells[0])).toMatchObject({ visits: 30, voided: 0 })
  await officer.sync()
  expect(await rowsOf(officer, 'visit')).toEqual(new Map())
  expect(await tallyOn(officer, stairwells[1])).toMatchObject({ visits: 1 })
  await expectLikeFresh(member, teams[0], stairwells[0])
})

test('[SYNC-12] a visit of a phone that was off is taken in, shown, and counted once by the next fold', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  await member.sync()
  // Recorded before the round was closed, and sent long after it was folded: a leader looks at it, and lets it count.
  await community.knock(member, stairwells[0], '202')
  await foldAll()
  await member.sync()
  expect((await rowsOf(member, 'visit')).size).toBe(1)
  await officer.sync()
  const [hold] = [...(await rowsOf(officer, 'hold')).values()] as unknown as Hold[]
  await officer.commit('hold/settle', { holdId: hold!.id, teamId: hold!.teamId, counts: true })
  await officer.sync()
  await member.sync()
  expect(await member.database.outbox.count()).toBe(0)
  expect((await rowsOf(member, 'visit')).size).toBe(1)
  expect(await tallyOn(member, stairwells[0])).toMatchObject({ folds: 1, visits: 1 })
  await expectLikeFresh(member, teams[0], stairwells[0])
  await foldAll()
  await member.sync()
  expect(await rowsOf(member, 'visit')).toEqual(new Map())
  expect(await tallyOn(member, stairwells[0])).toMatchObject({ folds: 2, visits: 2 })
  await expectLikeFresh(member, teams[0], stairwells[0])
})

test('[SYNC-12] what is unsent stays while the rows around it go, and goes with its answer', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[0])
  const done = await community.knock(member, stairwells[0], '101')
  await member.sync()
  const answers = [{ questionId: 'q1', chosen: 'kitchen' as const, correct: true }]
  const rest = { visitId: done.visitId, stairwellId: stairwells[0] }
  await member.commit('quiz/record', { ...rest, ruleSetId: 'gz2023', answers })
  await member.sync()
  expect((await rowsOf(member, 'quizAnswer')).size).toBe(1)
  await foldAll()
  // The phone knows nothing of it yet: it takes the folded visit back, which takes its answer along, and knocks again.
  const visit = (await rowsOf(member, 'visit')).get(done.visitId) as unknown as Visit
  await member.commit('visit/void', { ...rest, doorId: visit.doorId })
  const late = await community.knock(member, stairwells[0], '102')
  const { post } = member.seam.net
  // A page without answers, as after a push that failed: the rows come while everything is still unsent.
  member.seam.net.post = (path, body) => post(path, JSON.stringify({ ...(JSON.parse(body) as object), commands: [] }))
  await expect(member.sync()).rejects.toThrow()
  expect([...(await rowsOf(member, 'visit')).keys()]).toEqual([late.visitId])
  expect((await rowsOf(member, 'visitVoid')).size).toBe(1)
  expect(await member.database.outbox.where('state').equals('pending').count()).toBe(2)
  member.seam.net.post = post
  await member.sync()
  const [refused] = await member.database.outbox.toArray()
  expect(refused).toMatchObject({ verb: 'visit/void', state: 'refused', code: 'round_closed' })
  expect(await rowsOf(member, 'visitVoid')).toEqual(new Map())
  expect(await rowsOf(member, 'quizAnswer')).toEqual(new Map())
  expect((await rowsOf(member, 'visit')).size).toBe(1)
  expect(await member.database.shadow.count()).toBe(0)
  await expectLikeFresh(member, teams[0], stairwells[0])
})

test('[SYNC-12] a phone that dies while it lets go goes on where it was', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[0])
  for (let visit = 0; visit < 9; visit++) await community.knock(member, stairwells[0], '101', 'notHome')
  await member.sync()
  await foldAll()
  Object.assign(LIMITS, { rowsPerTransaction: 2 })
  const { records } = member.database
  let left = 2
  const dies = (_key: unknown, _row: unknown, transaction: { on(event: 'complete', run: () => void): void }) => {
    transaction.on('complete', () => left--)
    if (left <= 0) throw new Error('died')
  }
  records.hook('deleting', dies)
  await expect(member.sync()).rejects.toThrow()
  records.hook('deleting').unsubscribe(dies)
  const some = (await rowsOf(member, 'visit')).size
  expect(some).toBeGreaterThan(0)
  expect(some).toBeLessThan(9)
  expect(await tallyOn(member, stairwells[0])).toBeUndefined()
  await member.sync()
  expect(await rowsOf(member, 'visit')).toEqual(new Map())
  await expectLikeFresh(member, teams[0], stairwells[0])
})

test('[SYNC-12] what one window has stored behind a fold stays, while another still lets go what was before it', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  await member.sync()
  const { database, seam } = member
  const asked = await readPhone(database)
  await foldAll()
  await community.knock(officer, stairwells[0], '202')
  await officer.sync()
  const scope = `s:${stairwells[0]}`
  const stored = await community.world.server.storage.db
    .selectFrom('record')
    .selectAll()
    .where('scope', '=', scope)
    .execute()
  const changes = stored
    .filter(({ kind }) => ['folded', 'visit'].includes(kind))
    .map(({ kind, id, clock, body }) => ({ kind, id, scope, clock, body: JSON.parse(body!) as { id: string } }))
  expect(changes.map(({ kind }) => kind).sort()).toEqual(['folded', 'visit'])
  const { epoch, membership, device, cursor } = asked
  const none = { answers: [], dropScopes: [], reached: 0, more: true, serverTime: seam.clock.now() }
  // A slice in the middle of a page: the cursor stays where it was.
  const page = { ...none, epoch: epoch!, membership, device, cursor: cursor!, changes }
  const other = new Database(database.name, seam.idb)
  await other.open()
  // The other window has just seen that the folded row is not here.
  const get = other.records.get.bind(other.records) as (key: [string, string, string]) => Promise<unknown>
  const seen = vi.spyOn(other.records, 'get').mockImplementationOnce((async (key: [string, string, string]) => {
    const row = await get(key)
    await dropFolded(database, asked, page)
    await settle(database, seam, asked, page, true)
    return row
  }) as never)
  await dropFolded(other, asked, page)
  expect(seen).toHaveBeenCalled()
  expect([...(await rowsOf(member, 'visit')).values()]).toMatchObject([{ label: '202' }])
  other.close()
})

test('[SYNC-6] a cursor from before two folds, with late visits between and behind them, comes to the same', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.knock(officer, stairwells[0], '101')
  await officer.sync()
  await member.sync()
  await foldAll()
  await community.knock(officer, stairwells[0], '102')
  await officer.sync()
  await foldAll()
  await community.knock(officer, stairwells[0], '201')
  await officer.sync()
  Object.assign(LIMITS, { changesPerPage: 2, rowsPerTransaction: 1 })
  await member.sync()
  expect((await rowsOf(member, 'visit')).size).toBe(1)
  expect(await tallyOn(member, stairwells[0])).toMatchObject({ folds: 2, visits: 2 })
  await expectLikeFresh(member, teams[0], stairwells[0])
})

test('[SYNC-9] a phone whose app knew nothing of folds is put right by the first one that comes after its update', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  await member.sync()
  await foldAll()
  await officer.sync()
  // The older app stored what it was told like any other row, and kept the visit.
  const scope = `s:${stairwells[0]}`
  const told = officer.database.records.where('[scope+kind+id]').between([scope, 'folded'], [scope, 'folded', '~'])
  for (const row of await told.toArray()) await member.database.records.put(row)
  const unsent = await community.knock(member, stairwells[0], '102')
  await member.sync()
  expect([...(await rowsOf(member, 'visit')).keys()]).toEqual([unsent.visitId])
  await expectLikeFresh(member, teams[0], stairwells[0])
})
