import Dexie, { RangeSet, type ObservabilitySet } from 'dexie'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Notices } from '../../src/db/Notices.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { createCommunity } from '../sync/community.ts'
import { HandClock } from '../harness/world.ts'

const limits = { ...LIMITS }
let told: ObservabilitySet[] = []
let forgotten = 0
const listen = (parts: ObservabilitySet) => {
  if (Object.keys(parts).length > 0) told.push(parts)
  else forgotten++
}
beforeEach(() => {
  told = []
  forgotten = 0
  Dexie.on.storagemutated.subscribe(listen)
})
afterEach(() => {
  Object.assign(LIMITS, limits)
  Dexie.on.storagemutated.unsubscribe(listen)
})

const names = (part: string, key: string | string[]) =>
  told.some((parts) => parts[part] !== undefined && RangeSet(parts[part]).hasKey(key))

test('a page of many slices is told once, whole, and in a handful of stretches', async () => {
  const community = await createCommunity()
  const { officer, stairwells } = community
  const member = await community.member(community.teams[0])
  for (let visit = 0; visit < 40; visit++) await community.knock(officer, stairwells[0], '101', 'notHome')
  await officer.sync()
  Object.assign(LIMITS, { rowsPerTransaction: 4 })
  told = []
  await member.sync()
  const visits = (await member.database.records.toArray()).filter(({ kind }) => kind === 'visit')
  expect(visits).toHaveLength(40)
  const at = `idb://${member.database.name}`
  for (const { scope, kind, id } of visits) {
    expect(names(`${at}/records/`, [scope, kind, id])).toBe(true)
    expect(names(`${at}/records/[kind+id]`, [kind, id])).toBe(true)
  }
  for (const { stairwellId, roundId } of await member.database.facades.toArray()) {
    expect(names(`${at}/facades/`, [stairwellId, roundId])).toBe(true)
  }
  expect(names(`${at}/phone/`, 'phone')).toBe(true)
  expect(told.length).toBeLessThanOrEqual(2)
  // What a tap remembers is let go with every slice.
  expect(forgotten).toBeGreaterThan(10)
  for (const parts of told) for (const keys of Object.values(parts)) expect([...RangeSet(keys)].length).toBeLessThan(9)
  await community.world.close()
})

test('while a long page is stored, screens hear of it every second, and a clock that was set back keeps none waiting', async () => {
  const clock = new HandClock()
  const notices = new Notices(clock)
  const changed = { 'idb://x/records/': new RangeSet('a') }
  const heard = async (ms: number) => {
    clock.tick(ms)
    notices.hold(changed)
    await Promise.resolve()
    return told.length
  }
  expect(await heard(400)).toBe(0)
  expect(await heard(700)).toBe(1)
  expect(await heard(400)).toBe(1)
  expect(await heard(-3_600_000)).toBe(2)
  notices.tell()
  await Promise.resolve()
  expect(told).toHaveLength(2)
})
