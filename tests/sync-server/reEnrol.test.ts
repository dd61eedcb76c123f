import { afterEach, expect, test } from 'vitest'
import { sha256Hex } from '../../src/domain/hash.ts'
import type { Device } from '../../src/domain/records/device.ts'
import type { Invite } from '../../src/domain/records/invite.ts'
import type { Member } from '../../src/domain/records/member.ts'
import { enrol } from '../../sync-server/identity/enrol.ts'
import { readRange, readRecords } from '../../sync-server/storage/records.ts'
import { createWorld, type TestPhone, type World } from '../harness/world.ts'

let world: World
let officer: TestPhone
let member: TestPhone
let teams: [string, string]
afterEach(() => world.close())

async function begin(): Promise<void> {
  world = await createWorld()
  officer = await world.phone({ role: 'officer' })
  await officer.sync()
  teams = [world.newId(), world.newId()]
  for (const [index, teamId] of teams.entries()) {
    await officer.commit('team/save', { teamId, baseRevision: 0, name: `${index + 1}队` })
  }
  await officer.sync()
  member = await world.phone({ role: 'member', team: teams[0], name: '陈姐' })
  await officer.sync()
}

async function invite(memberId: string | null): Promise<string> {
  const secret = world.newId() + world.newId()
  const terms = { role: 'member' as const, teamId: teams[0], memberId, codeHash: null, label: '', minutes: 60 }
  const made = await officer.commit('invite/create', { ...terms, secretHash: sha256Hex(secret) })
  expect(made.saved).toBe(true)
  await officer.sync()
  return `${world.community}.${secret}`
}

const bodies = async <T>(kind: string, scope: string): Promise<T[]> => {
  const rows = await readRange(world.server.storage.db, world.community, scope, kind, 100)
  return rows.map((row) => JSON.parse(row.body) as T)
}
const ask = (secret: string, unsentOf?: string) => {
  const holds = unsentOf === undefined ? {} : { unsentOf }
  return enrol(world.server, { secret, name: '别的名字', deviceName: '安卓手机', ...holds })
}

test('another phone of a known member: no second person, the known name, pending all the same', async () => {
  await begin()
  const before = await bodies<Member>('member', 'c')
  const { standing, cookie } = await ask(await invite(member.standing.memberId))
  expect(standing).toMatchObject({ memberId: member.standing.memberId, name: '陈姐', state: 'pending', role: 'member' })
  expect(standing.deviceId).not.toBe(member.standing.deviceId)
  expect(standing.matchCode).toMatch(/^\d{6}$/)
  expect(cookie).not.toBe(member.cookie)
  expect(await bodies<Member>('member', 'c')).toEqual(before)
  const [used] = await bodies<Invite>('invite', `t:${teams[0]}`)
  expect(used).toMatchObject({ state: 'used', memberId: member.standing.memberId, deviceId: standing.deviceId })

  await officer.sync()
  const { deviceId, memberId, matchCode } = standing
  await officer.commit('device/confirm', { deviceId, memberId, teamId: teams[0], matchCode: matchCode! })
  await officer.sync()
  expect(await bodies<Member>('member', 'c')).toEqual(before)
  const rows = await readRecords(world.server.storage.db, world.community, [
    { kind: 'device', id: deviceId },
    { kind: 'device', id: member.standing.deviceId },
  ])
  expect(rows.map((row) => (JSON.parse(row.body) as Device).state)).toEqual(['active', 'active'])
})

test('an invitation for a new person makes a new person under the name that was typed', async () => {
  await begin()
  const { standing } = await ask(await invite(null))
  expect(standing).toMatchObject({ name: '别的名字', role: null })
  expect(standing.memberId).not.toBe(member.standing.memberId)
})

test.each([
  ['changed teams', (): { role: 'member'; teamId: string } => ({ role: 'member', teamId: teams[1] })],
  ['became an officer', (): { role: 'officer'; teamId: null } => ({ role: 'officer', teamId: null })],
  ['left', () => null],
])('an invitation for somebody who meanwhile %s is dead', async (_story, next) => {
  await begin()
  const { memberId } = member.standing
  const secret = await invite(memberId)
  world.clock.tick(1_000)
  const bond = next() ?? { role: 'member' as const, teamId: teams[0] }
  await officer.commit('member/bond', { memberId, ...bond, active: next() !== null })
  await officer.sync()
  await expect(ask(secret)).rejects.toMatchObject({ code: 'invite_dead', status: 410 })
})

test('twenty parallel uses make one phone', async () => {
  await begin()
  const secret = await invite(member.standing.memberId)
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => ask(secret)))
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const devices = await bodies<Device>('device', `t:${teams[0]}`)
  expect(devices.filter(({ memberId }) => memberId === member.standing.memberId)).toHaveLength(2)
})

test('a phone with somebody else’s unsent work is told before anything is used up, and may go on', async () => {
  await begin()
  const { memberId } = member.standing
  const secret = await invite(null)
  await expect(ask(secret, memberId)).rejects.toMatchObject({ code: 'unsent_of_another', status: 409 })
  expect(await bodies<Invite>('invite', `t:${teams[0]}`)).toMatchObject([{ state: 'open' }])
  expect((await ask(secret)).standing.memberId).not.toBe(memberId)
  expect((await ask(await invite(memberId), memberId)).standing.memberId).toBe(memberId)
})

test('a dead invitation says only that, whoever’s unsent work is named', async () => {
  await begin()
  const secret = await invite(member.standing.memberId)
  await ask(secret)
  for (const holder of [member.standing.memberId, world.newId()]) {
    await expect(ask(secret, holder)).rejects.toMatchObject({ code: 'invite_dead' })
  }
})
