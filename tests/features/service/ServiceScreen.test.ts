import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { save } from '../../../src/db/here.ts'
import { mintId } from '../../../src/domain/hash.ts'
import ServiceScreen from '../../../src/features/service/ServiceScreen.vue'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let screen: VueWrapper

beforeEach(async () => {
  phone = await openScreenPhone()
  await phone.put('stairwell', aStairwell())
  await phone.put('round', aRound())
  screen = mount(ServiceScreen, { attachTo: document.body, global: { plugins: [await openRouter('/service')] } })
})
afterEach(() => {
  screen.unmount()
  phone.close()
})

const says = (words: string) => waitUntil(() => screen.text().includes(words), { what: words })

/** An evening of one stairwell: 301 met, 302 nobody there, so many minutes long. */
async function evening(minutes: number, sentence: string): Promise<void> {
  const started = await save('session/start', { roundId: aRound().id, partnerIds: [] })
  if (!started.saved) throw new Error(started.code)
  const sessionId = mintId(started.id, '0')
  const rest = { stairwellId: aStairwell().id, roundId: aRound().id, level: 3, sessionId }
  await save('visit/record', { ...rest, label: '301', outcome: 'met' })
  await save('visit/record', { ...rest, label: '302', outcome: 'notHome' })
  phone.clock.tick(minutes * 60_000)
  await save('session/end', { sessionId, sentence })
}

test('before the first evening it says how records come about', async () => {
  await says('还没有服务记录')
  await says('不用自己填时间和户数')
})

test('an evening that is under way is called open', async () => {
  await save('session/start', { roundId: aRound().id, partnerIds: [] })
  await says('今晚还没结束')
  expect(screen.get('a').attributes('href')).toBe('/evening')
})

test('records are there by themselves, newest first, with what they came to and how they stand', async () => {
  await evening(40, '第一晚')
  phone.clock.tick(24 * 3_600_000)
  await evening(55, '')
  await says('共 2 次，1 小时 35 分钟')
  const [newest, oldest] = screen.findAll('li').map((item) => item.text())
  expect(newest).toContain('2026-11-22')
  expect(newest).toContain('55 分钟')
  expect(newest).not.toContain('“')
  for (const words of ['2026-11-21', '20:00–20:40', '3栋 2梯', '敲门 2 户', '见到 1 户', '问答 0 户', '“第一晚”']) {
    expect(oldest).toContain(words)
  }
  expect(oldest).toContain('已提交，待社区盖章')
})
