import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Activity } from '../../../src/domain/records/activity.ts'
import type { Role } from '../../../src/domain/records/member.ts'
import ActivitiesScreen from '../../../src/features/programme/ActivitiesScreen.vue'
import { anId } from '../../factories/facts.ts'
import { waitUntil } from '../../harness/waitUntil.ts'
import { openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

const HOUR = 3_600_000
let phone: ScreenPhone
let screen: VueWrapper | null = null

beforeEach(async () => {
  phone = await openScreenPhone()
})
afterEach(() => {
  screen?.unmount()
  phone.close()
})

const says = (words: string) => waitUntil(() => screen!.text().includes(words), { what: words })
const button = (words: string) => screen!.findAll('button').find((each) => each.text() === words)

async function open(role: Role, ...activities: Partial<Activity>[]): Promise<void> {
  const bond = (as: Role) => ({ role: as, teamId: null, from: 0, until: null })
  const others = ['甲', '乙'].map((name) => ({ id: anId(name), name, bonds: [bond('member')] }))
  await phone.put('member', { id: phone.memberId, name: '我', bonds: [bond(role)] }, ...others)
  const begins = phone.clock.now() + 24 * HOUR
  const plain = {
    title: '分类摆摊',
    place: '榕树下',
    startsAt: begins,
    endsAt: begins + 2 * HOUR,
    seats: 2,
    people: [],
  }
  const rows = activities.map((given, k) => {
    return { id: anId(`activity ${k}`), ...plain, state: 'announced' as const, revision: 1, ...given }
  })
  await phone.put('activity', ...rows)
  screen = mount(ActivitiesScreen, { attachTo: document.body, global: { plugins: [await openRouter('/activities')] } })
}

test('without an activity it says where they come from', async () => {
  await open('member')
  await says('现在没有活动')
})

test('signing up is asked for until it is answered; then there is a seat, or a place in the line', async () => {
  await open('member', {}, { title: '旧物交换', people: [anId('甲'), anId('乙')] })
  await says('11月22日 20:00–22:00 · 榕树下')
  await says('0 / 2 个名额')
  for (const again of screen!.findAll('button').filter((each) => each.text() === '我参加')) await again.trigger('click')
  await waitUntil(() => screen!.text().split('已申请').length === 3, { what: 'both to be asked for' })
  await phone.database.outbox.clear()
  await says('候补第 1 位，有人退出就轮到你')
  await says('1 / 2 个名额')
  expect(screen!.text()).not.toContain('甲')
  await button('不参加了')!.trigger('click')
  await says('退出已保存，待上传')
})

test('what has begun or was cancelled takes nobody in', async () => {
  await open('member', { startsAt: 0, endsAt: phone.clock.now() + HOUR }, { title: '取消的', state: 'cancelled' })
  await says('已经开始')
  await says('取消了')
  expect(button('我参加')).toBeUndefined()
})

test('an officer announces, sees who comes, changes and cancels', async () => {
  await open('officer', { people: [anId('乙'), anId('甲')] })
  await says('乙、甲')
  const form = screen!.get('section form')
  await form.trigger('submit')
  await says('请写做什么。')
  await says('请把日期和时间填完整')
  const [title, place, date, from, until, seats] = form.findAll('input')
  await title!.setValue('包粽子')
  await place!.setValue('党群服务中心')
  await date!.setValue('2026-12-01')
  await from!.setValue('19:30')
  await until!.setValue('21:00')
  await seats!.setValue('0')
  await form.trigger('submit')
  await says('名额是 1 到 500 的数字。')
  await seats!.setValue('')
  await form.trigger('submit')
  await says('12月1日 19:30–21:00 · 党群服务中心')
  await says('已报名 0 人')
  await button('修改')!.trigger('click')
  await says('修改“分类摆摊”')
  await button('不改了')!.trigger('click')
  await button('取消这个活动')!.trigger('click')
  await says('取消了')
  const saved = (await phone.database.outbox.toArray()).map(({ args }) => args as { title: string; cancelled: boolean })
  expect(saved).toMatchObject([
    { title: '包粽子', cancelled: false, startsAt: Date.UTC(2026, 11, 1, 11, 30), seats: null },
    { title: '分类摆摊', cancelled: true },
  ])
})
