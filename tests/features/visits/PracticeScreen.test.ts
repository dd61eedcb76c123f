import { afterEach, expect, test } from 'vitest'
import PracticeScreen from '../../../src/features/visits/PracticeScreen.vue'
import { hasButton, openDoorstep, tap, type Doorstep } from '../doorstep.ts'

let doorstep: Doorstep
afterEach(() => doorstep.close())

test('practice is marked loudly, works like the real thing, and saves nothing', async () => {
  doorstep = await openDoorstep()
  const before = await doorstep.database.records.count()
  const screen = await doorstep.show(PracticeScreen)
  expect(screen.get('.banner').text()).toContain('练习')
  await tap(screen, '601 未敲')
  await tap(screen, '无人应门')
  expect(hasButton(screen, '601 无人')).toBe(true)
  await tap(screen, '撤销')
  expect(hasButton(screen, '601 未敲')).toBe(true)
  await tap(screen, '请勿打扰')
  expect(hasButton(screen, '601 勿扰')).toBe(true)
  await tap(screen, '问一题')
  expect(hasButton(screen, '602 问答')).toBe(true)
  expect(screen.text()).toContain('练习里不出题')
  await tap(screen, '下一户 501')
  await tap(screen, '本层其余无人')
  expect(hasButton(screen, '502 无人')).toBe(true)
  expect(await doorstep.database.records.count()).toBe(before)
  expect(await doorstep.saved()).toEqual([])
  expect(localStorage.length).toBe(0)
  await tap(screen, '从头再练')
  expect(hasButton(screen, '601 未敲')).toBe(true)
})
