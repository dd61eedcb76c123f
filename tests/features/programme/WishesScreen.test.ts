import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Role } from '../../../src/domain/records/member.ts'
import { WISH_LEASE_MS, type Wish } from '../../../src/domain/records/wish.ts'
import WishesScreen from '../../../src/features/programme/WishesScreen.vue'
import { anId } from '../../factories/facts.ts'
import { waitUntil } from '../../harness/waitUntil.ts'
import { openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

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

async function open(role: Role, ...wishes: Partial<Wish>[]): Promise<void> {
  const bond = (as: Role) => ({ role: as, teamId: null, from: 0, until: null })
  const other = { id: anId('other'), name: '李四', bonds: [bond('member')] }
  await phone.put('member', { id: phone.memberId, name: '我', bonds: [bond(role)] }, other)
  const plain = { text: '楼道灯', state: 'open' as const, publishedAt: phone.clock.now(), holder: null, word: '' }
  await phone.put('wish', ...wishes.map((wish, k) => ({ id: anId(`wish ${k}`), ...plain, ...wish })))
  screen = mount(WishesScreen, { attachTo: document.body, global: { plugins: [await openRouter('/wishes')] } })
}
const theirs = (from: number) => ({ memberId: anId('other'), until: from + WISH_LEASE_MS })

test('without a wish it says where they come from; a member publishes none', async () => {
  await open('member')
  await says('现在没有微心愿')
  expect(button('发布一个微心愿')).toBeUndefined()
})

test('a claim is only asked for until it is answered, and is then mine', async () => {
  await open('member', {})
  await says('等人揽下')
  await button('我来圆')!.trigger('click')
  await says('已申请，上传后才知道有没有人先到')
  expect(screen!.text()).not.toContain('我来办，到')
  expect(button('圆了')).toBeUndefined()
  await phone.database.outbox.clear()
  await says('我来办，到12月5日（建议 14 天内）')
})

test('a claim that came too late shows who has it', async () => {
  await open('member', {})
  await says('等人揽下')
  await button('我来圆')!.trigger('click')
  await says('已申请')
  await phone.answer('wish/claim', { state: 'refused', code: 'wish_taken' })
  const [wish] = await phone.database.records
    .where('[kind+id]')
    .equals(['wish', anId('wish 0')])
    .toArray()
  await phone.put('wish', { ...(wish!.body as unknown as Wish), holder: theirs(phone.clock.now()) })
  await says('李四 在办，到12月5日')
  expect(button('我来圆')).toBeUndefined()
})

test('what nobody saw to in time may be taken over', async () => {
  await open('member', { holder: theirs(phone.clock.now() - WISH_LEASE_MS) })
  await says('李四 没来得及办，谁都可以接着办')
  expect(button('我来圆')).toBeDefined()
})

test('whoever has it says that it came true, and the office thanks', async () => {
  await open('officer', { holder: { memberId: phone.memberId, until: phone.clock.now() + WISH_LEASE_MS } })
  await says('我来办')
  await screen!.get('form.form:not(.card) input').setValue('装好了')
  await button('圆了')!.trigger('submit')
  await says('我：“装好了”')
  await button('已道谢')!.trigger('click')
  await waitUntil(() => button('已道谢') === undefined)
  expect((await phone.database.outbox.toArray()).map(({ verb }) => verb)).toEqual(['wish/fulfil', 'wish/close'])
})

test('a wish with a telephone number in it is not published, and stays in the field', async () => {
  await open('officer')
  await says('发布一个微心愿')
  await screen!.get('form.card').trigger('submit')
  await says('请写心愿是什么。')
  await screen!.get('textarea').setValue('打 13800138000 找我')
  await screen!.get('form.card').trigger('submit')
  await says('文字里有一长串数字')
  expect(screen!.get('textarea').element.value).toBe('打 13800138000 找我')
  expect(await phone.database.outbox.count()).toBe(0)
  await screen!.get('textarea').setValue('想要一盏楼道灯')
  await screen!.get('form.card').trigger('submit')
  await says('已发布')
  expect(screen!.get('textarea').element.value).toBe('')
})
