import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { save } from '../../../src/db/here.ts'
import { installHint } from '../../../src/features/mine/installHint.ts'
import MineScreen from '../../../src/features/mine/MineScreen.vue'
import { preferences, setPreference } from '../../../src/ui/preferences.ts'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let screen: VueWrapper

beforeEach(async () => {
  phone = await openScreenPhone()
  const teamId = 'team-000000000001'
  const bonds = [{ role: 'leader' as const, teamId, from: 0, until: null }]
  await phone.put('member', { id: phone.memberId, name: '陈姐', bonds })
  await phone.put('team', { id: teamId, name: '榕树队', revision: 1 })
  await phone.put('stairwell', aStairwell())
  await phone.put('round', aRound())
})
afterEach(() => {
  screen.unmount()
  phone.close()
  setPreference('text', 'standard')
  setPreference('theme', 'system')
})

async function open(): Promise<void> {
  screen = mount(MineScreen, { attachTo: document.body, global: { plugins: [await openRouter('/mine')] } })
}
const says = (words: string) => waitUntil(() => screen.text().includes(words), { what: words })
const choose = (label: string) => {
  const found = screen.findAll('label').find((candidate) => candidate.text() === label)
  return screen.get(`[id="${found?.attributes('for')}"]`).setValue()
}

test('who I am here, and what lies on this phone', async () => {
  await open()
  await says('陈姐')
  await says('榕树队 · 队长')
  await says('1 个')
  expect(screen.get('a[href="/practice"]').text()).toContain('练习楼梯')
})

test('text size and theme are on the page at once, and kept', async () => {
  await open()
  await choose('特大')
  await choose('深色')
  await choose('左手')
  expect(document.documentElement.dataset).toMatchObject({ text: 'huge', theme: 'dark' })
  expect(JSON.parse(localStorage.getItem('qiaomen.preferences') ?? '')).toMatchObject({ text: 'huge', hand: 'left' })
  expect(preferences.hand).toBe('left')
  await choose('标准')
  await choose('跟随系统')
  expect(document.documentElement.dataset).not.toHaveProperty('text')
  expect(document.documentElement.dataset).not.toHaveProperty('theme')
})

test('leaving is guarded while something is unsent or refused, and free after it', async () => {
  await save('visit/record', {
    ...{ stairwellId: aStairwell().id, roundId: aRound().id, level: 3, label: '301', sessionId: null },
    outcome: 'met',
  })
  await open()
  await says('先别清除数据：还有 1 条没有上传')
  await phone.answer('visit/record', { state: 'refused', code: 'not_found' })
  await says('还有 1 条需要处理')
  await phone.answer('visit/record', { state: 'held', until: 'notGranted' })
  await says('可以放心换手机')
})

test('the hint about the desktop fits the browser, and is silent once installed', () => {
  const android = 'Mozilla/5.0 (Linux; Android 10)'
  expect(installHint(android, false)).toBe('android')
  expect(installHint(`${android} MicroMessenger/8.0`, false)).toBe('wechat')
  expect(installHint('Mozilla/5.0 (iPhone; CPU iPhone OS 16_0)', false)).toBe('iphone')
  expect(installHint('Mozilla/5.0 (Windows NT 10.0)', false)).toBe('computer')
  expect(installHint(android, true)).toBeNull()
})
