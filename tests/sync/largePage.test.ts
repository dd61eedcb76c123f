import { afterEach, expect, test, vi } from 'vitest'
import { readPhone } from '../../src/db/database.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import { freshPace, synchronize } from '../../src/sync/synchronize.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
afterEach(() => world.close())

test('[SYNC-7] a long first download and a long queue are stored without losing their transaction on the way', async () => {
  world = await createWorld()
  const officer = await world.phone({ role: 'officer' })
  await officer.sync()
  const roundId = world.newId()
  const round = { roundId, baseRevision: 0, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'open' as const }
  await officer.commit('round/save', round)
  const doors = Array.from({ length: 300 }, (_, index) => {
    const level = Math.floor(index / 10) + 1
    return {
      label: `${level}${String((index % 10) + 1).padStart(2, '0')}`,
      level,
      kind: 'home' as const,
      column: index % 10,
    }
  })
  const floors = Array.from({ length: 30 }, (_, index) => ({ level: index + 1, label: String(index + 1) }))
  await officer.commit('roster/import-stairwell', { estate: '', building: '1栋', stairwell: '', floors, doors })
  for (let team = 0; team < 400; team++) {
    await officer.commit('team/save', { teamId: world.newId(), baseRevision: 0, name: `队 ${team}` })
  }
  const stairwellId = mintStairwellId(world.community, '', '1栋', '')
  const sessionStart = await officer.commit('session/start', { roundId, partnerIds: [] })
  const session = await officer.database.records
    .where('[kind+id]')
    .between(['session', ''], ['session', '\uffff'])
    .first()
  expect(sessionStart.saved).toBe(true)
  for (const { label, level } of doors) {
    const knock = { stairwellId, roundId, level, label, outcome: 'notHome' as const, sessionId: session!.id }
    await officer.commit('visit/record', knock)
  }
  await officer.sync()
  expect(await officer.database.outbox.count()).toBe(0)
  expect(await officer.database.shadow.count()).toBe(0)

  const second = await world.phone({ role: 'officer', name: '第二位' })
  await second.sync()
  const facadeOf = async (phone: typeof officer) => (await phone.database.facades.get([stairwellId, roundId]))!.doors
  expect(Object.keys(await facadeOf(second))).toHaveLength(300)
  expect(await facadeOf(second)).toEqual(await facadeOf(officer))
  const [tally] = await officer.database.records.where('[kind+id]').equals(['sessionTally', session!.id]).toArray()
  expect(Object.keys((tally!.body as unknown as { visits: object }).visits)).toHaveLength(300)
})

test('[SYNC-7] what has come is stored only when nobody taps, and the clock is compared with the moment it came', async () => {
  world = await createWorld()
  const officer = await world.phone({ role: 'officer' })
  await officer.sync()
  await officer.commit('team/save', { teamId: world.newId(), baseRevision: 0, name: '周三队' })
  const waiting: (() => void)[] = []
  const calm = (run: () => void) => void waiting.push(run)
  const restless = { ...officer.seam, calm, isRestless: () => waiting.length === 0 }
  const cycle = synchronize(officer.database, restless, freshPace(), 'test')
  await vi.waitUntil(() => waiting.length > 0)
  expect(await officer.database.outbox.where('state').equals('pending').count()).toBe(1)
  const { offsetMs } = await readPhone(officer.database)

  world.clock.tick(20_000)
  waiting[0]!()
  expect(await cycle).toBe('synced')
  expect(await officer.database.outbox.where('state').equals('pending').count()).toBe(0)
  expect((await readPhone(officer.database)).offsetMs).toBe(offsetMs)
})
