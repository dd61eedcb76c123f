import { afterEach, expect, test } from 'vitest'
import { readPhone } from '../../src/db/database.ts'
import { countQueue } from '../../src/db/outbox.ts'
import { facadeKey } from '../../src/domain/coverage/facade.ts'
import { doorState } from '../../src/domain/coverage/doorState.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import { readProjections } from '../../sync-server/storage/records.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
afterEach(() => world.close())

test('[SYNC-1] a visit recorded on a member’s phone reaches the officer’s façade, and retires at home', async () => {
  world = await createWorld()
  const officer = await world.phone({ role: 'officer' })
  await officer.sync()
  const teamId = world.newId()
  const roundId = world.newId()
  await officer.commit('team/save', { teamId, baseRevision: 0, name: '一队' })
  await officer.commit('round/save', {
    roundId,
    baseRevision: 0,
    number: 1,
    name: '首轮',
    startsOn: '2026-11-01',
    state: 'open',
  })
  const doors = ['101', '102', '201', '202'].map((label, index) => {
    return { label, level: Math.floor(index / 2) + 1, kind: 'home' as const, column: index % 2 }
  })
  const floors = [1, 2].map((level) => ({ level, label: String(level) }))
  await officer.commit('roster/import-stairwell', {
    estate: '华兴苑',
    building: '1栋',
    stairwell: 'A梯',
    floors,
    doors,
  })
  const stairwellId = mintStairwellId(world.community, '华兴苑', '1栋', 'A梯')
  await officer.sync()
  await officer.commit('assignment/save', {
    stairwellId,
    roundId,
    baseRevision: 0,
    teamId,
    memberIds: [],
    leaseUntil: null,
  })
  await officer.sync()
  expect(await countQueue(officer.database)).toEqual({ waiting: 0, held: 0, refused: 0 })

  world.clock.tick(60_000)
  const member = await world.phone({ role: 'member', team: teamId })
  expect(await member.sync()).toBe('synced')
  const layout = await member.database.records.where('[kind+id]').equals(['stairwell', stairwellId]).first()
  expect(layout).toBeDefined()
  world.clock.tick(60_000)
  const saved = await member.commit('visit/record', {
    stairwellId,
    roundId,
    level: 2,
    label: '202',
    outcome: 'met',
    sessionId: null,
  })
  expect(saved.saved).toBe(true)
  const stateAt = async (database: typeof member.database) => {
    const row = await database.facades.get([stairwellId, roundId])
    return Object.values(row?.doors ?? {}).map((visits) => doorState(visits, false))
  }
  expect(await stateAt(member.database)).toEqual(['met'])
  expect((await countQueue(member.database)).waiting).toBe(1)
  await member.sync()
  expect(await member.database.outbox.count()).toBe(0)
  expect(await member.database.shadow.count()).toBe(0)
  expect(await stateAt(member.database)).toEqual(['met'])

  await officer.sync()
  expect(await stateAt(officer.database)).toEqual(['met'])
  const [projected] = await readProjections(world.server.storage.db, world.community, 'facade', [
    facadeKey(stairwellId, roundId),
  ])
  expect(JSON.parse(projected!.body).doors).toEqual((await officer.database.facades.get([stairwellId, roundId]))!.doors)
  expect((await readPhone(officer.database)).alarm).toBeNull()
})
