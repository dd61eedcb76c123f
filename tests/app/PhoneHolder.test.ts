import 'fake-indexeddb/auto'
import Dexie from 'dexie'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PhoneHolder } from '../../src/app/PhoneHolder.ts'
import { readPhone } from '../../src/db/database.ts'
import { here, hereIfOpen, save, setHere } from '../../src/db/here.ts'
import { countQueue } from '../../src/db/outbox.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import { useSyncStatus } from '../../src/sync/status.ts'

Dexie.dependencies.indexedDB = indexedDB
Dexie.dependencies.IDBKeyRange = IDBKeyRange

const aStanding = (change: Partial<Standing> = {}): Standing => ({
  community: { id: 'community-00000001', name: '石榴桥社区' },
  memberId: 'member-00000000001',
  deviceId: 'device-00000000001',
  name: '陈姐',
  role: 'member',
  teamId: null,
  state: 'active',
  matchCode: null,
  serverTime: 1,
  ...change,
})

beforeEach(() => {
  localStorage.clear()
  setActivePinia(createPinia())
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
})
afterEach(() => {
  here().database.close()
  setHere(null)
  vi.unstubAllGlobals()
})

test('joining again as the same member opens the same database, outbox and all; no screen is ever without a phone', async () => {
  const holder = new PhoneHolder('test')
  await holder.adopt(aStanding())
  expect((await save('session/start', { roundId: 'round-000000000001', partnerIds: [] })).saved).toBe(true)
  const before = here().database
  const { incarnation } = await readPhone(before)
  useSyncStatus().reach = 'signedOut'

  const again = { deviceId: 'device-00000000002', state: 'pending', matchCode: '042719' } as const
  let wasWithout = false
  const watching = setInterval(() => (wasWithout ||= hereIfOpen() === null), 0)
  await holder.adopt(aStanding(again))
  clearInterval(watching)
  expect(wasWithout).toBe(false)
  const { database, deviceId } = here()
  expect([database.name, deviceId]).toEqual([before.name, again.deviceId])
  expect(before.isOpen()).toBe(false)
  expect((await countQueue(database)).waiting).toBe(1)
  const phone = await readPhone(database)
  expect(phone).toMatchObject({ device: 'pending', matchCode: again.matchCode, nextN: 2 })
  expect(phone.incarnation).not.toBe(incarnation)
  expect(useSyncStatus().reach).not.toBe('signedOut')
})

test('another member opens a database of its own; coming back finds everything unsent', async () => {
  const first = aStanding({ memberId: 'member-00000000003', deviceId: 'device-00000000003' })
  const holder = new PhoneHolder('test')
  await holder.adopt(first)
  expect((await save('session/start', { roundId: 'round-000000000001', partnerIds: [] })).saved).toBe(true)
  await holder.adopt(aStanding({ memberId: 'member-00000000004', deviceId: 'device-00000000004' }))
  expect((await countQueue(here().database)).waiting).toBe(0)
  await holder.adopt({ ...first, deviceId: 'device-00000000005' })
  expect((await countQueue(here().database)).waiting).toBe(1)
})
