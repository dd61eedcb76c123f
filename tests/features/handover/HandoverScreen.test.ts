import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { save } from '../../../src/db/here.ts'
import HandoverScreen from '../../../src/features/handover/HandoverScreen.vue'
import { handoverMessages } from '../../../src/messages/handover.ts'
import { readHandover, writeHandover, type HandoverFile } from '../../../src/protocol/handover.ts'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let screen: VueWrapper
/** What the browser was given to store. */
let stored: Blob[]

beforeEach(async () => {
  stored = []
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => (stored.push(blob as Blob), 'blob:file'))
  // What a browser saves, this page would try to visit.
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
  phone = await openScreenPhone()
  await phone.put('stairwell', aStairwell())
  await phone.put('round', aRound())
  await phone.set({ handoverKey: 'k'.repeat(42) + 'A' })
})
afterEach(() => {
  screen.unmount()
  phone.close()
  vi.restoreAllMocks()
})

async function openScreen(): Promise<void> {
  const router = await openRouter('/handover')
  screen = mount(HandoverScreen, { attachTo: document.body, global: { plugins: [router] } })
  await flushPromises()
}
const says = (words: string) => waitUntil(() => screen.text().includes(words), { what: words })
async function press(name: string): Promise<void> {
  const button = screen.findAll('button').find((candidate) => candidate.text() === name)
  if (!button) throw new Error(`no button ${name}`)
  await button.trigger('click')
}
const knock = () => {
  const door = { stairwellId: aStairwell().id, roundId: aRound().id, level: 3, label: '301', sessionId: null }
  return save('visit/record', { ...door, outcome: 'notHome' })
}
async function exported(): Promise<HandoverFile> {
  await press('导出未上传的记录')
  await says('已导出 1 条')
  return readHandover(await stored.at(-1)!.text()) as HandoverFile
}
async function choose(text: string): Promise<void> {
  const field = screen.get<HTMLInputElement>('input[type=file]')
  Object.defineProperty(field.element, 'files', { value: [new File([text], 'file.txt')], configurable: true })
  await field.trigger('change')
}

test('nothing unsent: nothing to hand over', async () => {
  await openScreen()
  await says('没有未上传的记录，不用转交。')
  expect(screen.findAll('button').map((button) => button.text())).not.toContain('导出未上传的记录')
})

test('diagnostics are off until somebody ticks them, and what is shown is what is in the file', async () => {
  await knock()
  await openScreen()
  await says('1 条待上传')
  const box = screen.get<HTMLInputElement>('input[type=checkbox]')
  expect(box.element.checked).toBe(false)
  expect(await exported()).not.toHaveProperty('diagnostics')
  await box.setValue(true)
  await says('会附上的就是下面这些')
  const shown = Object.fromEntries(
    screen.findAll('[data-diagnostics] > div').map((line) => [line.get('dt').text(), line.get('dd').text()]),
  )
  const { diagnostics } = await exported()
  const written = Object.entries(diagnostics!).map(([name, value]) => [name, String(value ?? '') || '（没有）'])
  expect(shown).toEqual(Object.fromEntries(written))
  expect(shown).toMatchObject({ 'state.pending': '1', 'verb.visit/record': '1' })
  // Bodiless: neither a door, nor a place, nor anybody's id.
  const { memberId, deviceId, communityId } = phone
  const told = JSON.stringify(diagnostics)
  for (const secret of ['301', 'notHome', aStairwell().id, aRound().id, memberId, deviceId, communityId]) {
    expect(told).not.toContain(secret)
  }
  await box.setValue(false)
  expect(await exported()).not.toHaveProperty('diagnostics')
})

test('a phone without a key says so, and that nothing is lost', async () => {
  await knock()
  await phone.set({ handoverKey: '' })
  await openScreen()
  await says('1 条待上传')
  await press('导出未上传的记录')
  await says('这台手机还没有和服务器同步过')
  expect(stored).toEqual([])
})

test('a teammate’s file is taken along once; one’s own and a damaged one are told apart from it', async () => {
  await knock()
  await openScreen()
  await says('1 条待上传')
  const mine = await exported()
  await choose(await stored[0]!.text())
  await says('这是这台手机自己导出的文件')
  await choose('{"format":"qiaomen-handover"')
  await says('这份文件不能用')
  expect(await phone.database.carried.count()).toBe(0)

  const theirs = { ...mine.header, device: 'device-00000000002', member: 'member-00000000002', waiting: 3 }
  await phone.put('member', { id: theirs.member, name: '陈姐', bonds: [] })
  const file = writeHandover(theirs, mine.parts, { 'app.version': '0.1.0' })
  const before = phone.asked()
  await choose(file)
  await says('已收下陈姐的 3 条记录')
  await says('陈姐 · 3 条')
  await says('app.version')
  expect(phone.asked()).toBe(before + 1)
  await choose(file)
  await says('这份文件已经收过了')
  expect(screen.findAll('[data-carried]')).toHaveLength(1)
  // The carrier sees whose, how many and when; the parts are not for their eyes.
  expect(screen.text()).not.toContain(mine.parts[0]!.slice(0, 20))
})

test('a file that the server would not take says so, and goes when somebody removes it', async () => {
  await knock()
  await openScreen()
  await says('1 条待上传')
  const mine = await exported()
  await choose(writeHandover({ ...mine.header, device: 'device-00000000002' }, mine.parts))
  await says('已保存在手机，有网自动代传')
  await phone.database.carried.toCollection().modify({ state: 'refused' })
  await says('这份文件不能用')
  await press('移除')
  await waitUntil(() => screen.findAll('[data-carried]').length === 0)
  expect(await phone.database.carried.count()).toBe(0)
})

test('the share sheet is given the same file, and who closes it has changed their mind', async () => {
  await knock()
  const given: ShareData[] = []
  const share = vi.fn((data: ShareData) => (given.push(data), Promise.resolve()))
  Object.assign(navigator, { share, canShare: ({ files }: ShareData) => files?.[0]?.type === 'text/plain' })
  const isOver = (times: number) =>
    waitUntil(() => share.mock.calls.length === times && !screen.find('button[disabled]').exists(), { what: 'sharing' })
  try {
    await openScreen()
    await says('1 条待上传')
    await exported()
    await press('发给队友')
    await says('已交给系统分享')
    await isOver(1)
    const [file] = given[0]!.files!
    expect(file!.name).toMatch(/^qiaomen-.*\.txt$/)
    const contents = async (blob: Blob) => (readHandover(await blob.text()) as HandoverFile).parts.length
    expect(await contents(file!)).toBe(await contents(stored.at(-1)!))
    share.mockImplementationOnce(() => Promise.reject(new DOMException('closed', 'AbortError')))
    await press('发给队友')
    await isOver(2)
    expect(screen.get('.said').text()).toBe('')
    const complained = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    share.mockImplementationOnce(() => Promise.reject(new DOMException('not now', 'NotAllowedError')))
    await press('发给队友')
    await says(handoverMessages.failed)
    expect(complained).toHaveBeenCalledTimes(1)
  } finally {
    Reflect.deleteProperty(navigator, 'share')
    Reflect.deleteProperty(navigator, 'canShare')
  }
})
