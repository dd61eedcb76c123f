import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import RecoveryNote from '../../../src/features/manage/RecoveryNote.vue'
import type { RecoveryAnswer } from '../../../src/protocol/recovery.ts'
import { waitUntil } from '../../harness/waitUntil.ts'
import { openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let note: VueWrapper | undefined
const madeAt = Date.parse('2026-11-20T12:30:00Z')

beforeEach(async () => {
  phone = await openScreenPhone()
  const names = ['示例甲', '示例乙', '示例丙']
  await phone.put('member', ...names.map((name, at) => ({ id: `member-0000000000${at + 1}`, name, bonds: [] })))
})
afterEach(() => {
  note?.unmount()
  phone.close()
  vi.unstubAllGlobals()
})

/** Mounts the note before a server that answers so. */
async function openBefore(answer: () => Promise<Response>): Promise<string> {
  const fetched = vi.fn(answer)
  vi.stubGlobal('fetch', fetched)
  note = mount(RecoveryNote, { attachTo: document.body })
  await waitUntil(() => fetched.mock.calls.length === 1, { what: 'the question' })
  expect(fetched.mock.calls[0]).toMatchObject(['/api/recovery', { method: 'GET' }])
  await flushPromises()
  return note.text()
}
const says = (words: string) => waitUntil(() => note!.text().includes(words), { what: words })
const answers = (recovery: RecoveryAnswer['recovery']) => () =>
  Promise.resolve(Response.json({ recovery } satisfies RecoveryAnswer))
const phoneOf = (n: number, memberId: string) => ({ deviceId: `device-0000000000${n}`, memberId })

test('how old the data is, how many phones may still bring something, and each person by name once', async () => {
  const missing = [1, 2, 3].map((n) => phoneOf(n, `member-0000000000${n === 3 ? 2 : n}`))
  await openBefore(answers({ madeAt, restoredAt: madeAt + 3_600_000, missing }))
  await says('数据已恢复到 11月20日 20:30')
  await says('还有 3 台手机没有再次同步')
  await says('请提醒：示例甲、示例乙')
  expect(note!.text()).not.toContain('示例丙')
  expect(note!.get('section').attributes('aria-labelledby')).toBe(note!.get('h2').attributes('id'))
})

test('once every phone has asked again, nobody is named', async () => {
  await openBefore(answers({ madeAt, restoredAt: madeAt, missing: [] }))
  await says('用过的手机都已经再次同步')
  expect(note!.text()).not.toContain('请提醒')
})

test('without a restore, without the right to know and without a network there is nothing', async () => {
  expect(await openBefore(answers(null))).toBe('')
  note!.unmount()
  const problem = () => Promise.resolve(Response.json({ code: 'not_found' }, { status: 404 }))
  expect(await openBefore(problem)).toBe('')
  note!.unmount()
  expect(await openBefore(() => Promise.reject(new TypeError('Failed to fetch')))).toBe('')
})
