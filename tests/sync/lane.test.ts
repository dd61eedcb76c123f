import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { afterEach, expect, test, vi } from 'vitest'
import { Database, readPhone } from '../../src/db/database.ts'
import { countQueue, discardRefused, listQueue } from '../../src/db/outbox.ts'
import { editAccessNote } from '../../src/domain/commands/editAccessNote.ts'
import type { Device } from '../../src/domain/records/device.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import { problemBody } from '../../src/protocol/problem.ts'
import type { SyncAnswer, SyncRequest } from '../../src/protocol/sync.ts'
import { sha256Hex } from '../../src/domain/hash.ts'
import { enrol } from '../../sync-server/identity/enrol.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, rowsOf, type Community } from './community.ts'

let community: Community
afterEach(async () => {
  vi.restoreAllMocks()
  await community.world.close()
})

const layoutOf = async (phone: TestPhone, stairwellId: string): Promise<Stairwell> =>
  (await phone.database.records.get([`s:${stairwellId}`, 'stairwell', stairwellId]))!.body as Stairwell

/** Everything that a phone's database holds, for a power cut to bring back. */
async function copyDatabase(from: Database): Promise<Database> {
  const copy = new Database(from.name, { indexedDB: new IDBFactory(), IDBKeyRange })
  await copy.open()
  for (const table of from.tables) await copy.table(table.name).bulkPut(await table.toArray())
  return copy
}

test('[SYNC-2] an answer that got lost is given again, and the effect is there once', async () => {
  community = await createCommunity()
  const { teams, stairwells, officer } = community
  const member = await community.member(teams[0])
  const { commandId } = await community.knock(member, stairwells[0], '301')
  const post = member.seam.net.post
  const seen: SyncAnswer[] = []
  let lose = 3
  member.seam.net.post = async (path, body) => {
    const answer = await post(path, body)
    seen.push(answer.body as SyncAnswer)
    if (lose-- > 0) throw new Error('lost on the way')
    return answer
  }
  for (let tries = 0; tries < 3; tries++) await expect(member.sync()).rejects.toThrow()
  await member.sync()
  const answers = seen.flatMap((answer) => answer.answers.filter((entry) => entry.id === commandId))
  const [first, ...again] = answers
  expect(again.length).toBeGreaterThan(0)
  for (const repeat of again) expect(repeat).toEqual({ ...first, again: true })
  await officer.sync()
  expect((await layoutOf(officer, stairwells[0])).revision).toBe(2)
  expect((await readPhone(member.database)).alarm).toBeNull()
})

test('[SYNC-2] a phone that comes back with an older database is noticed, and nothing it saves is lost or doubled', async () => {
  community = await createCommunity()
  const { teams, stairwells, officer } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  const image = await copyDatabase(member.database)
  await member.sync()
  await community.knock(member, stairwells[0], '102')
  await member.sync()
  const { standing, cookie } = member
  member.close()
  const fallen = await community.world.open({ standing, cookie })
  for (const table of image.tables) await fallen.database.table(table.name).bulkPut(await table.toArray())
  const { visitId } = await community.knock(fallen, stairwells[0], '201')
  await fallen.sync()
  const state = await readPhone(fallen.database)
  expect(state.alarm).toBe('fellBack')
  expect(await fallen.database.outbox.count()).toBe(0)
  await officer.sync()
  const visits = await rowsOf(officer, 'visit')
  expect(visits.size).toBe(3)
  expect(visits.has(visitId)).toBe(true)
  expect(await rowsOf(fallen, 'visit')).toEqual(visits)
})

test('[SYNC-2] numbers that are missing raise the alarm, and what is left goes out under a new numbering', async () => {
  community = await createCommunity()
  const { teams, stairwells, officer } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  const { visitId } = await community.knock(member, stairwells[0], '102')
  const [first] = await listQueue(member.database)
  await member.database.outbox.delete(first!.seq!)
  const before = await readPhone(member.database)
  await member.sync()
  const after = await readPhone(member.database)
  expect(after.alarm).toBe('numbersLost')
  expect(after.incarnation).not.toBe(before.incarnation)
  await officer.sync()
  expect([...(await rowsOf(officer, 'visit')).keys()]).toEqual([visitId])
})

test('[SYNC-4] a note edited by two: the second is told, sees the other’s text, and keeps its own in the queue', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const first = await community.member(teams[0], '甲')
  const second = await community.member(teams[0], '乙')
  await first.commit('stairwell/access-note', { stairwellId: stairwells[0], baseRevision: 0, note: '按左边门铃' })
  await second.commit('stairwell/access-note', { stairwellId: stairwells[0], baseRevision: 0, note: '找保安' })
  const added = await second.commit('door/add', { stairwellId: stairwells[0], level: 3, label: '301', kind: 'home' })
  await first.sync()
  await second.sync()
  const layout = await layoutOf(second, stairwells[0])
  expect(layout.accessNote).toBe('按左边门铃')
  expect(layout.doors.map((door) => door.label)).toContain('301')
  const queue = await listQueue(second.database)
  expect(queue.map(({ state, code }) => ({ state, code }))).toEqual([{ state: 'refused', code: 'stale_revision' }])
  expect((queue[0]!.args as { note: string }).note).toBe('找保安')
  expect(added.saved).toBe(true)
  await discardRefused(second.database, queue[0]!.seq!)
  expect(await countQueue(second.database)).toEqual({ waiting: 0, held: 0, refused: 0 })
  expect(await second.database.shadow.count()).toBe(0)
})

test('[SYNC-7] a page under an unsent edit puts the other’s change below it', async () => {
  community = await createCommunity()
  const { teams, stairwells, officer } = community
  const member = await community.member(teams[0])
  const other = await community.member(teams[0], '乙')
  await member.commit('door/add', { stairwellId: stairwells[0], level: 3, label: '301', kind: 'home' })
  await other.commit('door/add', { stairwellId: stairwells[0], level: 3, label: '302', kind: 'home' })
  await other.sync()
  const post = member.seam.net.post
  // The push is cut out, so that the page meets an edit that is still on its way.
  member.seam.net.post = (path, body) => post(path, JSON.stringify({ ...JSON.parse(body), commands: [] }))
  await expect(member.sync()).rejects.toThrow('offline')
  const labels = (layout: Stairwell) => layout.doors.map((door) => door.label).sort()
  expect(labels(await layoutOf(member, stairwells[0]))).toEqual(['101', '102', '201', '202', '301', '302'])
  expect((await countQueue(member.database)).waiting).toBe(1)
  member.seam.net.post = post
  await member.sync()
  await officer.sync()
  expect(await layoutOf(member, stairwells[0])).toEqual(await layoutOf(officer, stairwells[0]))
})

test('[SYNC-4][SYNC-10] 413 halves the batch until it fits', async () => {
  community = await createCommunity()
  const { teams, stairwells } = community
  const member = await community.member(teams[0])
  for (let visit = 0; visit < 9; visit++) await community.knock(member, stairwells[0], '101', 'notHome')
  const post = member.seam.net.post
  const sizes: number[] = []
  member.seam.net.post = async (path, body) => {
    const { commands } = JSON.parse(body) as SyncRequest
    sizes.push(commands.length)
    if (commands.length > 2) return { status: 413, body: problemBody('too_large'), retryAfterMs: null }
    return post(path, body)
  }
  await member.sync()
  expect(sizes.slice(0, 4)).toEqual([9, 4, 2, 4])
  expect(await member.database.outbox.count()).toBe(0)
  expect((await readPhone(member.database)).alarm).toBeNull()
})

test('[SYNC-4] one command that is too large alone is shown as refused, and those behind it go on', async () => {
  community = await createCommunity()
  const { teams, stairwells, officer } = community
  const member = await community.member(teams[0])
  const large = await community.knock(member, stairwells[0], '101')
  const small = await community.knock(member, stairwells[0], '102')
  const post = member.seam.net.post
  member.seam.net.post = async (path, body) =>
    body.includes(large.commandId)
      ? { status: 413, body: problemBody('too_large'), retryAfterMs: null }
      : post(path, body)
  await member.sync()
  expect((await listQueue(member.database)).map(({ id, code }) => ({ id, code }))).toEqual([
    { id: large.commandId, code: 'too_long' },
  ])
  expect((await readPhone(member.database)).alarm).toBeNull()
  await officer.sync()
  expect([...(await rowsOf(officer, 'visit')).keys()]).toEqual([small.visitId])
})

test.each([
  [
    'a rule that throws',
    () => {
      throw new Error('poison')
    },
  ],
  [
    'a change that the database refuses',
    () => ({
      accepted: true as const,
      changes: [{ kind: 'round', id: community.roundId, scope: 'o', body: { id: community.roundId } }],
    }),
  ],
])('[SYNC-3] %s is held with its payload, and the lane goes on', async (_name, decide) => {
  community = await createCommunity()
  const { teams, stairwells, officer, world } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  const note = await member.commit('stairwell/access-note', {
    stairwellId: stairwells[0],
    baseRevision: 0,
    note: '按左边门铃',
  })
  await community.knock(member, stairwells[0], '102')
  vi.spyOn(editAccessNote, 'decide').mockImplementation(decide)
  const post = member.seam.net.post
  let pages = 0
  member.seam.net.post = async (path, body) => {
    const answer = await post(path, body)
    // The phone runs the true rule; only the server's is poisoned.
    if (++pages === 1) vi.restoreAllMocks()
    return answer
  }
  await member.sync()
  expect((await listQueue(member.database)).map(({ id, state, until }) => ({ id, state, until }))).toEqual([
    { id: note.saved && note.id, state: 'held', until: 'fault' },
  ])
  const [held] = await world.server.storage.db.selectFrom('held').selectAll().execute()
  expect(JSON.parse(held!.raw)).toMatchObject({ verb: 'stairwell/access-note', args: { note: '按左边门铃' } })
  await officer.sync()
  expect((await rowsOf(officer, 'visit')).size).toBe(2)
})

test('[SYNC-4] what a pending phone pushes waits, is decided in its order once confirmed, and every answer arrives', async () => {
  community = await createCommunity()
  const { world, officer, teams, stairwells } = community
  const secret = world.newId() + world.newId()
  await officer.commit('invite/create', {
    role: 'member',
    teamId: teams[0],
    secretHash: sha256Hex(secret),
    codeHash: null,
    label: '新队员',
    minutes: 60,
  })
  await officer.sync()
  const request = { secret: `${world.community}.${secret}`, name: '新人', deviceName: '手机' }
  const fresh = await world.open(await enrol(world.server, request))
  const visit = await community.knock(fresh, stairwells[0], '101')
  await fresh.commit('visit/void', {
    visitId: visit.visitId,
    stairwellId: stairwells[0],
    doorId: await doorOf(fresh, visit.visitId),
  })
  expect(await fresh.sync()).toBe('pending')
  expect(await countQueue(fresh.database)).toEqual({ waiting: 0, held: 2, refused: 0 })
  expect((await readPhone(fresh.database)).epoch).not.toBeNull()

  await officer.sync()
  const [device] = [...(await rowsOf(officer, 'device')).values()].filter(
    (body) => body.id === fresh.standing.deviceId,
  ) as unknown as Device[]
  const { id: deviceId, memberId, teamId, matchCode } = device!
  await officer.commit('device/confirm', { deviceId, memberId, teamId, matchCode })
  await officer.sync()
  world.clock.tick(1_000)
  expect(await fresh.sync()).toBe('synced')
  expect(await fresh.database.outbox.count()).toBe(0)
  expect(await fresh.database.shadow.count()).toBe(0)
  await officer.sync()
  expect([...(await rowsOf(officer, 'visit')).keys()]).toEqual([visit.visitId])
  expect((await rowsOf(officer, 'visitVoid')).size).toBe(1)
})

async function doorOf(phone: TestPhone, visitId: string): Promise<string> {
  return ((await rowsOf(phone, 'visit')).get(visitId) as unknown as { doorId: string }).doorId
}

test('[SYNC-4] a revoked phone is told so and keeps its queue', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  await community.knock(member, stairwells[0], '101')
  await officer.sync()
  await officer.commit('device/revoke', { deviceId: member.standing.deviceId, teamId: teams[0] })
  await officer.sync()
  await expect(member.sync()).rejects.toMatchObject({ code: 'device_revoked' })
  expect((await countQueue(member.database)).waiting).toBe(1)
  expect((await rowsOf(member, 'visit')).size).toBe(1)
})

test('[SYNC-7] two tabs at once, with answers that overtake each other, send everything once', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  for (const label of ['101', '102', '201', '202']) await community.knock(member, stairwells[0], label)
  const post = member.seam.net.post
  const first = Promise.withResolvers<void>()
  let calls = 0
  member.seam.net.post = async (path, body) => {
    const answer = await post(path, body)
    if (++calls === 1) await first.promise
    else first.resolve()
    return answer
  }
  await Promise.all([member.sync(), member.sync()])
  expect(await member.database.outbox.count()).toBe(0)
  expect(await member.database.shadow.count()).toBe(0)
  await officer.sync()
  expect((await rowsOf(officer, 'visit')).size).toBe(4)
  expect((await readPhone(member.database)).alarm).toBeNull()
})
