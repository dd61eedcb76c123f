import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPhone } from '../../src/db/database.ts'
import { countQueue } from '../../src/db/outbox.ts'
import { sha256Hex } from '../../src/domain/hash.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import type { DeviceReport } from '../../src/domain/records/deviceReport.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import { enrol } from '../../sync-server/identity/enrol.ts'
import { facadeKey } from '../../src/domain/coverage/facade.ts'
import { readProjections, readRange } from '../../sync-server/storage/records.ts'
import { answer, createWorld, type TestPhone, type World } from '../harness/world.ts'

let world: World
let officer: TestPhone
let teamId: string
let roundId: string
let stairwellId: string
const LABELS = ['101', '102', '201', '202', '301', '302', '401', '402']

beforeEach(async () => {
  world = await createWorld()
  officer = await world.phone({ role: 'officer' })
  await officer.sync()
  teamId = world.newId()
  roundId = world.newId()
  await officer.commit('team/save', { teamId, baseRevision: 0, name: '一队' })
  const round = { roundId, baseRevision: 0, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'open' as const }
  await officer.commit('round/save', round)
  const doors = LABELS.map((label) => {
    return { label, level: Number(label[0]), kind: 'home' as const, column: Number(label[2]) - 1 }
  })
  const floors = [1, 2, 3, 4].map((level) => ({ level, label: String(level) }))
  const place = { estate: '华兴苑', building: '1栋', stairwell: 'A梯' }
  await officer.commit('roster/import-stairwell', { ...place, floors, doors })
  stairwellId = mintStairwellId(world.community, '华兴苑', '1栋', 'A梯')
  await officer.sync()
  const grant = { stairwellId, roundId, baseRevision: 0, teamId, memberIds: [], leaseUntil: null }
  await officer.commit('assignment/save', grant)
  await officer.sync()
  world.clock.tick(60_000)
})
afterEach(() => world.close())

async function knock(phone: TestPhone, labels: readonly string[]): Promise<void> {
  for (const label of labels) {
    world.clock.tick(60_000)
    const door = { stairwellId, roundId, level: Number(label[0]), label }
    const saved = await phone.commit('visit/record', { ...door, outcome: 'met', sessionId: null })
    expect(saved.saved).toBe(true)
  }
}

/** The officer makes an invitation for another phone of this member. */
async function invite(memberId: string): Promise<string> {
  await officer.sync()
  const secret = world.newId() + world.newId()
  const terms = { role: 'member' as const, teamId, memberId, codeHash: null, label: '', minutes: 60 }
  const made = await officer.commit('invite/create', { ...terms, secretHash: sha256Hex(secret) })
  expect(made.saved).toBe(true)
  await officer.sync()
  return `${world.community}.${secret}`
}

/** The phone has lost its cookie; the same browser joins with an invitation for its member. */
async function joinAgain(phone: TestPhone): Promise<TestPhone> {
  const { memberId } = phone.standing
  const secret = await invite(memberId)
  const unsent = await numbers(phone)
  phone.seam.net.post = (_path, body) => answer(world.server, '', body)
  await expect(phone.sync()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(await numbers(phone)).toEqual(unsent)
  phone.close()
  const request = { secret, name: '随便', deviceName: '安卓手机', unsentOf: memberId }
  return world.open(await enrol(world.server, request), phone)
}

async function confirm({ standing }: TestPhone): Promise<void> {
  await officer.sync()
  const { deviceId, memberId, matchCode } = standing
  const confirmed = await officer.commit('device/confirm', { deviceId, memberId, teamId, matchCode: matchCode! })
  expect(confirmed.saved).toBe(true)
  await officer.sync()
}

async function visitsOnServer(): Promise<Visit[]> {
  const { db } = world.server.storage
  const rows = await readRange(db, world.community, `s:${stairwellId}`, 'visit', 100)
  return rows.map((row) => JSON.parse(row.body) as Visit)
}

/** Every door once, by the same member; façades of phone and server tell the same; nothing is left on the way. */
async function expectAllThere(phone: TestPhone, labels: readonly string[]): Promise<void> {
  const visits = await visitsOnServer()
  expect(visits.map((visit) => visit.label).sort()).toEqual([...labels].sort())
  expect(new Set(visits.map((visit) => visit.recordedBy))).toEqual(new Set([phone.standing.memberId]))
  expect(await phone.database.outbox.count()).toBe(0)
  expect(await phone.database.shadow.count()).toBe(0)
  const key = facadeKey(stairwellId, roundId)
  const [projected] = await readProjections(world.server.storage.db, world.community, 'facade', [key])
  const { doors } = JSON.parse(projected!.body) as { doors: Record<string, unknown> }
  expect(Object.keys(doors)).toHaveLength(labels.length)
  expect((await phone.database.facades.get([stairwellId, roundId]))!.doors).toEqual(doors)
  const members = await readRange(world.server.storage.db, world.community, 'c', 'member', 100)
  expect(members).toHaveLength(2)
}

const numbers = async (phone: TestPhone) => {
  return (await phone.database.outbox.orderBy('seq').toArray()).map(({ n, state }) => `${n} ${state}`)
}

test('[SYNC-2] five visits, a lost cookie, an invitation for the same member: all five count, once', async () => {
  const before = await world.phone({ role: 'member', team: teamId, name: '陈姐' })
  await before.sync()
  await knock(before, LABELS.slice(0, 2))
  await before.sync()
  await knock(before, LABELS.slice(2, 7))
  expect(await numbers(before)).toEqual(['3 pending', '4 pending', '5 pending', '6 pending', '7 pending'])
  const lane = await readPhone(before.database)

  const phone = await joinAgain(before)
  expect(phone.standing).toMatchObject({ memberId: before.standing.memberId, name: '陈姐', state: 'pending' })
  expect(phone.database.name).toBe(before.database.name)
  const adopted = await readPhone(phone.database)
  expect(adopted).toMatchObject({ deviceId: phone.standing.deviceId, nextN: 6, cursor: null, sweeping: true })
  expect(adopted.incarnation).not.toBe(lane.incarnation)
  expect(adopted.generation).toBe(lane.generation + 1)
  expect(await numbers(phone)).toEqual(['1 pending', '2 pending', '3 pending', '4 pending', '5 pending'])

  expect(await phone.sync()).toBe('pending')
  expect(await countQueue(phone.database)).toEqual({ waiting: 0, held: 5, refused: 0 })
  expect(await visitsOnServer()).toHaveLength(2)
  await knock(phone, LABELS.slice(7))
  expect(await phone.sync()).toBe('pending')

  await confirm(phone)
  expect(await visitsOnServer()).toHaveLength(8)
  expect(await phone.sync()).toBe('synced')
  await expectAllThere(phone, LABELS)
})

test('an enrolment that was lost does not stand for ever among the phones that have not synced', async () => {
  const before = await world.phone({ role: 'member', team: teamId, name: '陈姐' })
  await before.sync()
  await knock(before, LABELS.slice(0, 5))
  // A request that carries one of five: the phone says that it still holds four.
  const post = before.seam.net.post
  before.seam.net.post = (path, body) => {
    const request = JSON.parse(body) as { commands: unknown[]; unsent: number }
    const [first] = request.commands
    return post(path, JSON.stringify({ ...request, commands: [first], unsent: 4 }))
  }
  await expect(before.sync()).rejects.toThrow()
  const unsent = async () => {
    const rows = await readRange(world.server.storage.db, world.community, 'c', 'deviceReport', 100)
    return rows.map((row) => JSON.parse(row.body) as DeviceReport).filter((report) => report.unsent > 0)
  }
  expect(await unsent()).toMatchObject([{ id: before.standing.deviceId, unsent: 4 }])
  const phone = await joinAgain(before)
  expect(await unsent()).toEqual([])
  await confirm(phone)
  await phone.sync()
  await expectAllThere(phone, LABELS.slice(0, 5))
  expect(await unsent()).toEqual([])
})

test.each([
  ['', 0],
  [', though the server’s clock was set back in between', -200_000],
])(
  '[SYNC-4] the cookie is lost again while the phone waits: what it pushed waits for the enrolment after it%s',
  async (_story, backMs) => {
    const before = await world.phone({ role: 'member', team: teamId, name: '陈姐' })
    await before.sync()
    await knock(before, LABELS.slice(0, 3))
    const second = await joinAgain(before)
    expect(await second.sync()).toBe('pending')
    await knock(second, LABELS.slice(3, 5))

    world.clock.tick(backMs)
    const third = await joinAgain(second)
    expect(await numbers(third)).toEqual(['1 pending', '2 pending', '3 pending', '4 pending', '5 pending'])
    expect(await third.sync()).toBe('pending')
    await confirm(third)
    expect(await visitsOnServer()).toHaveLength(5)
    await third.sync()
    await expectAllThere(third, LABELS.slice(0, 5))
  },
)

test('[SYNC-4] a request of the lost enrolment that arrives late takes back nothing of what waits', async () => {
  const before = await world.phone({ role: 'member', team: teamId, name: '陈姐' })
  await before.sync()
  const taken = { stairwellId, roundId, baseRevision: 1, teamId: null, memberIds: [], leaseUntil: null }
  await officer.commit('assignment/save', taken)
  await officer.sync()
  await knock(before, LABELS.slice(0, 1))
  const { post } = before.seam.net
  let late = ''
  before.seam.net.post = (path, body) => {
    if ((JSON.parse(body) as { commands: unknown[] }).commands.length > 0) late = body
    return post(path, body)
  }
  await before.sync()
  expect(await countQueue(before.database)).toMatchObject({ held: 1 })
  world.clock.tick(60_000)
  const phone = await joinAgain(before)
  await confirm(phone)
  await phone.sync()
  const again = await answer(world.server, before.cookie, late)
  expect(again).toMatchObject({ status: 200, body: { answers: [{ result: 'held', again: true }] } })
  await officer.sync()
  const holds = await officer.database.records.filter((row) => row.kind === 'hold').toArray()
  await officer.commit('hold/settle', { holdId: holds[0]!.id, teamId, counts: true })
  await officer.sync()
  await phone.sync()
  expect(await countQueue(phone.database)).toEqual({ waiting: 0, held: 0, refused: 0 })
})

test('[SYNC-4] confirmed before it pushed: what an earlier enrolment left waiting is decided with its own answer', async () => {
  const before = await world.phone({ role: 'member', team: teamId, name: '陈姐' })
  await before.sync()
  await knock(before, LABELS.slice(0, 3))
  const second = await joinAgain(before)
  await second.sync()
  const third = await joinAgain(second)
  await confirm(third)
  expect(await visitsOnServer()).toHaveLength(0)
  expect(await third.sync()).toBe('synced')
  await expectAllThere(third, LABELS.slice(0, 3))
})

test('[SYNC-2] an answer lost with the cookie: what the server has already is answered again and counts once', async () => {
  const before = await world.phone({ role: 'member', team: teamId, name: '陈姐' })
  await before.sync()
  await knock(before, LABELS.slice(0, 3))
  const { post } = before.seam.net
  before.seam.net.post = async (path, body) => {
    await post(path, body)
    throw new Error('the answer was lost')
  }
  await expect(before.sync()).rejects.toThrow('lost')
  expect(await visitsOnServer()).toHaveLength(3)
  await knock(before, LABELS.slice(3, 5))

  const phone = await joinAgain(before)
  await phone.sync()
  await confirm(phone)
  await phone.sync()
  await expectAllThere(phone, LABELS.slice(0, 5))
})

test('a new phone of the same member downloads what the member may read, and is nobody new', async () => {
  const first = await world.phone({ role: 'member', team: teamId, name: '陈姐' })
  await first.sync()
  await knock(first, LABELS.slice(0, 2))
  await first.sync()
  const secret = await invite(first.standing.memberId)
  const request = { secret, name: '随便', deviceName: '苹果手机' }
  const other = await world.open(await enrol(world.server, request))
  expect(await other.sync()).toBe('pending')
  expect(await other.database.records.count()).toBe(0)
  await confirm(other)
  await other.sync()
  await knock(other, LABELS.slice(2, 3))
  await other.sync()
  await expectAllThere(other, LABELS.slice(0, 3))
  await first.sync()
  expect(await first.database.facades.toArray()).toEqual(await other.database.facades.toArray())
})
