import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { save } from '../../../src/db/here.ts'
import SyncStatusLine from '../../../src/features/queue/SyncStatusLine.vue'
import { useSyncStatus } from '../../../src/sync/status.ts'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let line: VueWrapper

beforeEach(async () => {
  phone = await openScreenPhone()
  await phone.put('stairwell', aStairwell())
  await phone.put('round', aRound())
  line = mount(SyncStatusLine, { attachTo: document.body, global: { plugins: [await openRouter('/')] } })
})
afterEach(() => {
  line.unmount()
  phone.close()
  vi.unstubAllGlobals()
})

const sentence = () => line.get('[role="status"]').text()
const reads = (words: string) => waitUntil(() => sentence() === words, { what: words })
const knock = () => {
  const rest = { stairwellId: aStairwell().id, roundId: aRound().id, level: 3, sessionId: null }
  return save('visit/record', { ...rest, label: '301', outcome: 'met' })
}

test('an evening of the line: synced, saved, offline, refused', async () => {
  const status = useSyncStatus()
  await reads('正在连接')
  status.reach = 'online'
  await reads('已同步')
  expect(line.get('.beside').text()).toBe('19:50')
  await knock()
  await reads('1 条待上传')
  status.reach = 'offline'
  await reads('离线，1 条待上传')
  expect(line.get('.beside').text()).toBe('上次 19:50')
  await phone.answer('visit/record', { state: 'refused', code: 'not_found' })
  await reads('1 条需要处理')
  await knock()
  await waitUntil(() => line.get('.beside').text() === '1 条待上传 · 上次 19:50')
  expect(sentence()).toBe('1 条需要处理')
})

test('the whole line leads to the queue, save on a phone that waits to be confirmed', async () => {
  expect(line.get('a').attributes('href')).toBe('/queue')
  useSyncStatus().reach = 'pending'
  await reads('等待确认')
  expect(line.find('a').exists()).toBe(false)
})

test('the first thing saved asks the browser to keep this storage, once', async () => {
  const persist = vi.fn(() => Promise.resolve(true))
  vi.stubGlobal('navigator', { storage: { persist } })
  await reads('正在连接')
  expect(persist).not.toHaveBeenCalled()
  await knock()
  await reads('1 条待上传')
  await knock()
  await reads('2 条待上传')
  expect(persist).toHaveBeenCalledTimes(1)
})
