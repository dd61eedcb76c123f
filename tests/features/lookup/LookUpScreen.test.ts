import { flushPromises, mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import LookUpScreen from '../../../src/features/lookup/LookUpScreen.vue'
import { openPacks } from '../../../src/features/lookup/openPacks.ts'

async function openScreen() {
  const screen = mount(LookUpScreen, { attachTo: document.body })
  await openPacks('2026-01-31')
  await flushPromises()
  return screen
}

test('the empty screen names its box and offers tricky things to begin with', async () => {
  const screen = await openScreen()
  expect(screen.get('label[for="look-up-box"]').text()).toBe('查一查')
  expect(screen.get('input[type="search"]').attributes('id')).toBe('look-up-box')
  expect(screen.get('main').text()).toContain('2023年版')
  await screen.get('.example').trigger('click')
  expect(screen.get('article').text()).toContain('猪筒骨')
  screen.unmount()
})

test('an answer says bin, reason, trap, edition and source, and how many there are', async () => {
  const screen = await openScreen()
  await screen.get('input').setValue('煲完汤的猪筒骨是什么垃圾？')
  const card = screen.get('article').text()
  for (const words of ['猪筒骨', '其他垃圾', '质硬会损坏粉碎设备', '鸡骨头不同：厨余垃圾', '2023 年版', '依据']) {
    expect(card).toContain(words)
  }
  expect(screen.get('.bin').classes()).toContain('is-residual')
  expect(screen.get('[aria-live="polite"]').text()).toMatch(/^找到 \d+ 项$/)
  screen.unmount()
})

test('a thing that another edition judges otherwise says so', async () => {
  const screen = await openScreen()
  await screen.get('input').setValue('过期药品')
  expect(screen.get('article').text()).toContain('2019 年版：有害垃圾')
  screen.unmount()
})

test('a guess is called one, and nothing found says what to do next', async () => {
  const screen = await openScreen()
  await screen.get('input').setValue('猪桶骨')
  expect(screen.get('article').text()).toContain('猪筒骨')
  expect(screen.text()).toContain('请核对名称')
  await screen.get('input').setValue('充电宝')
  expect(screen.get('[aria-live="polite"]').text()).toBe('没找到“充电宝”')
  expect(screen.text()).toContain('有害的一定要单独放')
  await screen.get('.plain').trigger('click')
  expect(screen.findAll('.example').length).toBeGreaterThan(4)
  screen.unmount()
})

test('half a word that may go into two bins gives a choice, and no answer stands out', async () => {
  const screen = await openScreen()
  await screen.get('input').setValue('电池')
  expect(screen.find('article').exists()).toBe(false)
  expect(screen.text()).toContain('不同的进不同的桶')
  const dry = screen.findAll('.other').find((row) => row.text().startsWith('干电池'))
  await dry?.trigger('click')
  expect(screen.get('article').text()).toContain('其他垃圾')
  screen.unmount()
})

test('a word typed whole in pinyin stands out, though others begin alike', async () => {
  const screen = await openScreen()
  await screen.get('input').setValue('shu')
  expect(screen.get('article h2').text()).toBe('书')
  expect(screen.text()).not.toContain('请核对名称')
  screen.unmount()
})

test('what goes into none of the bins says its stream and how it is handled', async () => {
  const screen = await openScreen()
  await screen.get('input').setValue('沙发')
  const card = screen.get('article').text()
  for (const words of ['大件垃圾', '不投四色桶', '勿放桶边']) expect(card).toContain(words)
  expect(screen.html()).not.toContain('style=')
  screen.unmount()
})
