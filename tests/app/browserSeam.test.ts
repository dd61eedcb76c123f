import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { browserSeam } from '../../src/app/browserSeam.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

test('what waits for calm runs half a second after the last one asked, and once however often it was asked for', async () => {
  const [sync, tell] = [vi.fn(), vi.fn()]
  for (let tap = 0; tap < 5; tap++) {
    browserSeam.calm(tell)
    browserSeam.calm(sync)
    await vi.advanceTimersByTimeAsync(300)
  }
  expect(sync).not.toHaveBeenCalled()
  expect(browserSeam.isRestless()).toBe(true)
  await vi.advanceTimersByTimeAsync(200)
  expect(browserSeam.isRestless()).toBe(false)
  expect(sync).toHaveBeenCalledTimes(1)
  expect(tell).toHaveBeenCalledTimes(1)
  browserSeam.calm(sync)
  await vi.advanceTimersByTimeAsync(499)
  expect(sync).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(sync).toHaveBeenCalledTimes(2)
})

test('where there is never calm, it runs after half a minute all the same', async () => {
  const sync = vi.fn()
  const tapsUntil = async (ms: number) => {
    for (let at = 0; at < ms; at += 250) {
      browserSeam.calm(sync)
      await vi.advanceTimersByTimeAsync(250)
    }
  }
  await tapsUntil(29_750)
  expect(sync).not.toHaveBeenCalled()
  await tapsUntil(500)
  expect(sync).toHaveBeenCalledTimes(1)
  await tapsUntil(29_000)
  expect(sync).toHaveBeenCalledTimes(1)
})

test('one that throws does not keep the next from running', async () => {
  const caught = vi.fn()
  process.once('uncaughtException', caught)
  const next = vi.fn()
  browserSeam.calm(() => {
    throw new Error('a listener of the page')
  })
  browserSeam.calm(next)
  await vi.advanceTimersByTimeAsync(500)
  expect(next).toHaveBeenCalledTimes(1)
})
