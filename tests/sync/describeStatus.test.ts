import { expect, test } from 'vitest'
import { describeStatus, type StatusCode } from '../../src/sync/describeStatus.ts'
import type { Reach } from '../../src/sync/status.ts'
import { statusMessages } from '../../src/messages/status.ts'

type Row = [reach: Reach, waiting: number, held: number, refused: number, code: StatusCode, words: string]

const table: Row[] = [
  ['online', 0, 0, 0, 'synced', '已同步'],
  ['online', 3, 0, 0, 'waiting', '3 条待上传'],
  ['unknown', 3, 0, 0, 'waiting', '3 条待上传'],
  ['unknown', 0, 0, 0, 'connecting', '正在连接'],
  ['offline', 3, 0, 0, 'offlineWaiting', '离线，3 条待上传'],
  ['offline', 0, 0, 0, 'offline', '离线'],
  ['offline', 0, 4, 0, 'offline', '离线'],
  ['online', 0, 1, 0, 'held', '1 条等队长确认'],
  ['online', 2, 1, 0, 'waiting', '2 条待上传'],
  ['online', 0, 0, 2, 'refused', '2 条需要处理'],
  ['online', 3, 1, 2, 'refused', '2 条需要处理'],
  ['offline', 3, 0, 2, 'refused', '2 条需要处理'],
  ['tooOld', 1, 0, 0, 'tooOld', '需要更新'],
  ['tooOld', 1, 0, 1, 'refused', '1 条需要处理'],
  ['pending', 0, 0, 0, 'pending', '等待确认'],
  ['pending', 2, 0, 0, 'pending', '等待确认'],
  ['signedOut', 2, 0, 1, 'signedOut', '需要重新加入'],
  ['revoked', 2, 0, 1, 'revoked', '此设备已停用'],
]

test.each(table)('%s with %i waiting, %i held, %i refused is %s: %s', (reach, waiting, held, refused, code, words) => {
  const said = describeStatus(reach, { waiting, held, refused })
  expect(said.code).toBe(code)
  expect(statusMessages.says[said.code](said.count)).toBe(words)
})

test('已同步 is never said while something is in the queue or before a pull has ended', () => {
  const reaches: Reach[] = ['unknown', 'online', 'offline', 'signedOut', 'revoked', 'pending', 'tooOld']
  for (const reach of reaches) {
    for (let bits = 0; bits < 8; bits++) {
      const counts = { waiting: bits & 1, held: (bits >> 1) & 1, refused: (bits >> 2) & 1 }
      const said = describeStatus(reach, counts)
      expect(said.code === 'synced').toBe(reach === 'online' && bits === 0)
      expect(said.tone === 'ok').toBe(said.code === 'synced')
    }
  }
})

test('what the sentence does not count stands beside it', () => {
  expect(describeStatus('offline', { waiting: 3, held: 0, refused: 2 }).alsoWaiting).toBe(3)
  expect(describeStatus('offline', { waiting: 3, held: 0, refused: 0 }).alsoWaiting).toBe(0)
  expect(describeStatus('online', { waiting: 3, held: 0, refused: 0 }).alsoWaiting).toBe(0)
})
