import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, expect, test } from 'vitest'
import { readPhone } from '../../src/db/database.ts'
import { startOver } from '../../src/db/lane.ts'
import { countQueue, listQueue } from '../../src/db/outbox.ts'
import { sweep } from '../../src/db/purge.ts'
import { mintAssignmentId } from '../../src/domain/records/assignment.ts'
import type { SyncRequest } from '../../src/protocol/sync.ts'
import { beginEpoch } from '../../sync-server/epoch.ts'
import { openStorage, type Storage } from '../../sync-server/storage/openStorage.ts'
import { createCommunity, rowsOf, type Community } from './community.ts'

let community: Community
let restored: Storage | undefined
const folder = mkdtempSync(join(tmpdir(), 'qiaomen-restore-'))
let files = 0
afterEach(async () => {
  await community.world.close()
  await restored?.close()
  restored = undefined
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Backs the server up. @returns how to put that backup back under a new epoch */
async function backUp(): Promise<() => Promise<void>> {
  const { server, community: place, newId } = community.world
  const backup = join(folder, `${++files}.backup`)
  await sql.raw(`vacuum into '${backup}'`).execute(server.storage.db)
  return async () => {
    const file = join(folder, `${++files}.sqlite`)
    copyFileSync(backup, file)
    restored = await openStorage({ file, lock: false })
    await restored.transaction((trx) => beginEpoch(trx, place, newId(), server.clock.now()))
    server.storage = restored
  }
}

test('[SYNC-8] a restored backup gets back what phones still hold, whoever comes first, in its old place', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells, world } = community
  const member = await community.member(teams[0])
  const restore = await backUp()
  // All of this is younger than the backup: the round, the grant that stands on it, and the visit that stands on both.
  const roundId = world.newId()
  const round = { roundId, baseRevision: 0, number: 2, name: '次轮', startsOn: '2026-12-01', state: 'open' as const }
  await officer.commit('round/save', round)
  const grant = { stairwellId: stairwells[1], roundId, teamId: teams[0], memberIds: [], leaseUntil: null }
  await officer.commit('assignment/save', { ...grant, baseRevision: 0 })
  await officer.sync()
  world.clock.tick(60_000)
  await member.sync()
  const knock = {
    stairwellId: stairwells[1],
    roundId,
    level: 1,
    label: '101',
    outcome: 'met' as const,
    sessionId: null,
  }
  const saved = await member.commit('visit/record', knock)
  await member.sync()
  expect(await member.database.outbox.count()).toBe(0)
  const [visit] = [...(await rowsOf(member, 'visit')).values()]

  await restore()
  world.clock.tick(3_600_000)
  await member.sync()
  expect((await listQueue(member.database)).map(({ id, until }) => ({ id, until }))).toEqual([
    { id: saved.saved && saved.id, until: 'restored' },
  ])
  await officer.sync()
  await member.sync()
  await officer.sync()
  expect(await countQueue(member.database)).toEqual({ waiting: 0, held: 0, refused: 0 })
  expect(await countQueue(officer.database)).toEqual({ waiting: 0, held: 0, refused: 0 })
  const again = (await rowsOf(officer, 'visit')).get(visit!.id)
  expect(again).toEqual(visit)
  expect(await rowsOf(member, 'visit')).toEqual(await rowsOf(officer, 'visit'))
  const assignment = (await rowsOf(officer, 'assignment')).get(mintAssignmentId(roundId, stairwells[1]))
  expect(assignment).toMatchObject({ revision: 1, grants: [{ teamId: teams[0], until: null }] })
})

test('[SYNC-8] what is offered again keeps its order, and rows stay visible until the new history has spoken', async () => {
  community = await createCommunity()
  const { teams, stairwells, world, officer } = community
  const member = await community.member(teams[0])
  const restore = await backUp()
  const { visitId } = await community.knock(member, stairwells[0], '101')
  const { doorId } = (await rowsOf(member, 'visit')).get(visitId) as unknown as { doorId: string }
  await member.commit('visit/void', { visitId, stairwellId: stairwells[0], doorId })
  await member.sync()
  await community.knock(member, stairwells[0], '102')
  await restore()
  const post = member.seam.net.post
  const sent: string[][] = []
  member.seam.net.post = async (path, body) => {
    const { commands } = JSON.parse(body) as { commands: { verb: string; n: number }[] }
    sent.push(commands.map(({ n, verb }) => `${n} ${verb}`))
    // Between the 409 and the download nothing has left the phone.
    expect((await rowsOf(member, 'visit')).size).toBe(2)
    return post(path, body)
  }
  await member.sync()
  expect(sent.at(-1)).toEqual(['1 visit/record', '2 visit/void', '3 visit/record'])
  world.clock.tick(1_000)
  await officer.sync()
  expect(await rowsOf(officer, 'visit')).toEqual(await rowsOf(member, 'visit'))
  expect((await rowsOf(officer, 'visitVoid')).size).toBe(1)
  expect((await readPhone(member.database)).alarm).toBeNull()
})

test('[SYNC-8] what only the lost history had, and no phone holds, leaves the phones', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  const restore = await backUp()
  const gone = await community.member(teams[0], '乙')
  await community.knock(gone, stairwells[0], '101')
  await gone.sync()
  await member.sync()
  expect((await rowsOf(member, 'visit')).size).toBe(1)
  await restore()
  // The phone that enrolled after the backup is unknown now: it is told so and keeps what it has.
  await expect(gone.sync()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect((await rowsOf(gone, 'visit')).size).toBe(1)
  await member.sync()
  await officer.sync()
  expect((await rowsOf(member, 'visit')).size).toBe(0)
  expect(await member.database.facades.toArray()).toEqual([])
  expect(await member.database.shadow.count()).toBe(0)
})

test('[SYNC-8] a former epoch that the server never had opens no door to the past', async () => {
  community = await createCommunity()
  const { teams, stairwells, world } = community
  const leader = await community.leader(teams[0])
  const post = leader.seam.net.post
  leader.seam.net.post = (path, body) => {
    const request = JSON.parse(body) as SyncRequest
    const formerly = { epoch: 'made-up', clock: 1 }
    const commands = request.commands.map((command) => ({ ...(command as object), formerly }))
    return post(path, JSON.stringify({ ...request, commands }))
  }
  const { roundId } = community
  world.clock.tick(3_600_000)
  const row = (await rowsOf(leader, 'assignment')).get(mintAssignmentId(roundId, stairwells[0]))
  const { revision } = row as unknown as { revision: number }
  const grant = { stairwellId: stairwells[0], roundId, teamId: teams[0], memberIds: [], leaseUntil: null }
  await leader.commit('assignment/save', { ...grant, baseRevision: revision })
  world.clock.tick(3_600_000)
  const receivedAt = world.clock.now()
  await leader.sync()
  const after = (await rowsOf(leader, 'assignment')).get(mintAssignmentId(roundId, stairwells[0]))
  const { grants } = after as unknown as { grants: { from: number }[] }
  expect(grants.at(-1)!.from).toBe(receivedAt)
})

test('[SYNC-8] a visit that the server had put to another door stands there while it is offered again', async () => {
  community = await createCommunity()
  const { teams, stairwells, officer } = community
  const [stairwellId] = stairwells
  const member = await community.member(teams[0])
  const layout = (await rowsOf(officer, 'stairwell')).get(stairwellId) as unknown as {
    doors: { id: string; label: string }[]
  }
  const doorId = layout.doors.find(({ label }) => label === '101')!.id
  await officer.commit('door/rename', { stairwellId, doorId, label: '109' })
  await officer.sync()
  // The member has not heard of the new plate, and takes the door for one that nobody knows.
  const { commandId, visitId } = await community.knock(member, stairwellId, '109')
  const doorOf = async () => ((await rowsOf(member, 'visit')).get(visitId) as unknown as { doorId: string }).doorId
  expect(await doorOf()).not.toBe(doorId)
  await member.sync()
  expect(await doorOf()).toBe(doorId)
  const state = await readPhone(member.database)
  await startOver(member.database, member.seam.rng, state.incarnation, 86_400_000)
  const offered = await member.database.outbox.where('id').equals(commandId).first()
  expect(offered?.changes.find(({ kind }) => kind === 'visit')?.body).toMatchObject({ doorId })
})

test('[SYNC-8] a row that another history has in another scope leaves the old one, also under something unsent', async () => {
  community = await createCommunity()
  const { teams, stairwells, officer } = community
  const { database } = officer
  await officer.commit('team/save', { teamId: teams[0], baseRevision: 1, name: '改名队' })
  // What a history that is gone had said of the same team, in a place where this one does not have it.
  const row = (await database.records.get(['c', 'team', teams[0]]))!
  const elsewhere = `s:${stairwells[1]}`
  await database.records.put({ ...row, scope: elsewhere })
  const { generation } = await readPhone(database)
  await sweep(database, generation + 1)
  const left = await database.records.where('[kind+id]').equals(['team', teams[0]]).toArray()
  expect(left.map(({ scope }) => scope)).toEqual(['c'])
})

test('[SYNC-6] a cursor that the server does not know is forgotten; the queue is safe and the phone is filled anew', async () => {
  community = await createCommunity()
  const { teams, stairwells, world, officer } = community
  const member = await community.member(teams[0])
  await community.knock(officer, stairwells[0], '101')
  await officer.sync()
  await member.sync()
  await community.knock(member, stairwells[0], '102')
  await member.database.phone.toCollection().modify({ cursor: 'forged.cursor' })
  // A row that the server does not have any more, as a damaged phone may show it.
  const [row] = await member.database.records.where('[kind+id]').between(['visit', ''], ['visit', '\uffff']).toArray()
  const phantom = { ...row!, id: world.newId() }
  await member.database.records.put({ ...phantom, body: { ...row!.body, id: phantom.id } })
  await member.sync()
  await officer.sync()
  expect(await rowsOf(member, 'visit')).toEqual(await rowsOf(officer, 'visit'))
  expect((await rowsOf(member, 'visit')).size).toBe(2)
  expect(await member.database.outbox.count()).toBe(0)
  expect((await readPhone(member.database)).alarm).toBeNull()
})
