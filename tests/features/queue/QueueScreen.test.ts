import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { save } from '../../../src/db/here.ts'
import QueueScreen from '../../../src/features/queue/QueueScreen.vue'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let screen: VueWrapper | undefined

beforeEach(async () => {
  phone = await openScreenPhone()
  await phone.put('stairwell', aStairwell())
  await phone.put('round', aRound())
})
afterEach(() => {
  screen?.unmount()
  phone.close()
})

async function openQueue(): Promise<VueWrapper> {
  const router = await openRouter('/queue')
  screen = mount(QueueScreen, { attachTo: document.body, global: { plugins: [router] } })
  return screen
}

const says = (words: string) => waitUntil(() => screen!.text().includes(words), { what: words })
async function press(name: string): Promise<void> {
  const button = screen!.findAll('button').find((candidate) => candidate.text() === name)
  if (!button) throw new Error(`no button ${name}`)
  await button.trigger('click')
}

const { id: stairwellId } = aStairwell()
const knock = (label: string) => {
  const rest = { stairwellId, roundId: aRound().id, level: 3, sessionId: null }
  return save('visit/record', { ...rest, label, outcome: 'notHome' })
}

test('an empty queue says that everything arrived', async () => {
  await openQueue()
  await says('都送到了')
  await press('立即同步')
  expect(phone.asked()).toBe(1)
})

test('a saved knock says first that it is safe, then what it was, where and when', async () => {
  await knock('301')
  await openQueue()
  await says('已保存在手机，有网自动上传')
  expect(screen!.get('li').text()).toContain('记录 301 无人应门')
  expect(screen!.get('li').text()).toContain('华兴苑 3栋 2梯 · 20:00')
})

test('a held knock waits for the leader and asks nothing of the member', async () => {
  await knock('301')
  await phone.answer('visit/record', { state: 'held', until: 'notGranted' })
  await openQueue()
  await says('当时这个楼梯没有派给你的队，等队长确认后计入')
  expect(screen!.find('li button').exists()).toBe(false)
})

test('a note that came second is mended: both texts, one saved on the newest revision, the refused one gone', async () => {
  await save('stairwell/access-note', { stairwellId, baseRevision: 0, note: '按门铃找保安' })
  await phone.answer('stairwell/access-note', { state: 'refused', code: 'stale_revision', changes: [] })
  await phone.put('stairwell', aStairwell({ accessNote: '走后门', accessNoteRevision: 5 }))
  await openQueue()
  await says('别人也改了同一处')
  await press('修改')
  await says('走后门')
  expect(screen!.get('dialog').text()).toContain('按门铃找保安')
  await screen!.get('textarea').setValue('走后门，再按门铃')
  await screen!.get('form').trigger('submit')
  await waitUntil(async () => (await phone.database.outbox.count()) === 1)
  await waitUntil(() => !screen!.find('textarea').exists())
  const [entry] = await phone.database.outbox.toArray()
  expect(entry).toMatchObject({ state: 'pending', args: { stairwellId, baseRevision: 5, note: '走后门，再按门铃' } })
})

test('a mended note with a door code is refused in words, and the old one is kept', async () => {
  await save('stairwell/access-note', { stairwellId, baseRevision: 0, note: '按门铃' })
  await phone.answer('stairwell/access-note', { state: 'refused', code: 'stale_revision' })
  await openQueue()
  await says('修改')
  await press('修改')
  await waitUntil(() => screen!.find('textarea').exists())
  await screen!.get('textarea').setValue('密码 1234#')
  await screen!.get('form').trigger('submit')
  await says('密码不能写进来')
  expect(await phone.database.outbox.count()).toBe(1)
})

test('discarding asks first, and keeps when one says keep', async () => {
  await knock('301')
  await phone.answer('visit/record', { state: 'refused', code: 'not_found' })
  await openQueue()
  await says('需要处理')
  await press('放弃')
  await says('不会再上传')
  await press('留着')
  await flushPromises()
  expect(await phone.database.outbox.count()).toBe(1)
  await press('放弃')
  await press('放弃这一条')
  await waitUntil(async () => (await phone.database.outbox.count()) === 0)
  await says('都送到了')
})

test('lost numbers are told in plain words until somebody has read it', async () => {
  await phone.set({ alarm: 'numbersLost' })
  await openQueue()
  await says('这台手机少了几条没上传的记录')
  await press('知道了')
  await waitUntil(async () => (await phone.database.phone.get('phone'))?.alarm === null)
  await waitUntil(() => !screen!.text().includes('少了几条'))
})
