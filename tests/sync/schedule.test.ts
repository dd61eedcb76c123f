import { afterEach, expect, test } from 'vitest'
import type { Seam } from '../../src/db/seam.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { problemBody } from '../../src/protocol/problem.ts'
import { Trouble } from '../../src/remote/Trouble.ts'
import { Schedule } from '../../src/sync/schedule.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, type Community } from './community.ts'

let community: Community
let schedule: Schedule | undefined
afterEach(async () => {
  schedule?.stop()
  await community.world.close()
})

/** A schedule whose timers are run by hand, and what it reported. */
function aSchedule(phone: TestPhone) {
  const timers: { run: () => void; delayMs: number }[] = []
  const seam: Seam = {
    ...phone.seam,
    net: { post: (path, body) => phone.seam.net.post(path, body) },
    timer: {
      set(run, delayMs) {
        const timer = { run, delayMs }
        timers.push(timer)
        return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1))
      },
    },
  }
  const ended: (() => void)[] = []
  const reports: string[] = []
  schedule = new Schedule(phone.database, seam, 'test', ({ reach, running }) => {
    if (running) return
    reports.push(reach)
    for (const resolve of ended.splice(0)) resolve()
  })
  const cycle = async (start: () => void) => {
    const end = new Promise<void>((resolve) => ended.push(resolve))
    start()
    await end
    // The timer for the next cycle is set right after the report.
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { schedule, timers, reports, cycle, seam }
}

test('[SYNC-10] after a good cycle the next one comes within a minute and a quarter', async () => {
  community = await createCommunity()
  const { schedule, timers, reports, cycle } = aSchedule(await community.member(community.teams[0]))
  await cycle(() => schedule.request())
  expect(reports).toEqual(['online'])
  expect(timers).toHaveLength(1)
  expect(timers[0]!.delayMs).toBeGreaterThanOrEqual(LIMITS.pollMs * 0.75)
  expect(timers[0]!.delayMs).toBeLessThanOrEqual(LIMITS.pollMs * 1.25)
})

test('[SYNC-10] failures back off to five minutes at most, and one success ends it', async () => {
  community = await createCommunity()
  const phone = await community.member(community.teams[0])
  const post = phone.seam.net.post
  const { schedule, timers, reports, cycle } = aSchedule(phone)
  phone.seam.net.post = () => Promise.reject(new Trouble('offline'))
  await cycle(() => schedule.request())
  for (let failure = 2; failure <= 14; failure++) {
    const most = Math.min(LIMITS.backoffMostMs, LIMITS.backoffFirstMs * 2 ** (failure - 2))
    expect(timers[0]!.delayMs).toBeLessThanOrEqual(most)
    await cycle(() => timers.shift()!.run())
  }
  phone.seam.net.post = post
  await cycle(() => timers.shift()!.run())
  expect(reports.at(-2)).toBe('offline')
  expect(reports.at(-1)).toBe('online')
  expect(timers[0]!.delayMs).toBeGreaterThanOrEqual(LIMITS.pollMs * 0.75)
})

test('[SYNC-10] Retry-After is kept, also when a tap asks for a sync', async () => {
  community = await createCommunity()
  const phone = await community.member(community.teams[0])
  const post = phone.seam.net.post
  const { schedule, timers, reports, cycle } = aSchedule(phone)
  let asked = 0
  phone.seam.net.post = async () => {
    asked++
    return { status: 503, body: problemBody('storage_unavailable'), retryAfterMs: 30_000 }
  }
  await cycle(() => schedule.request())
  expect(timers.map((timer) => timer.delayMs)).toEqual([30_000])
  community.world.clock.tick(10_000)
  schedule.request()
  expect(timers.map((timer) => timer.delayMs)).toEqual([20_000])
  expect(asked).toBe(1)
  phone.seam.net.post = post
  community.world.clock.tick(20_000)
  await cycle(() => timers.shift()!.run())
  expect(reports.at(-1)).toBe('online')
})

test('[SYNC-10] what is asked for during a cycle is one more cycle after it', async () => {
  community = await createCommunity()
  const phone = await community.member(community.teams[0])
  const post = phone.seam.net.post
  let asked = 0
  const { schedule, reports, cycle } = aSchedule(phone)
  phone.seam.net.post = (path, body) => {
    if (++asked === 1) for (let tap = 0; tap < 5; tap++) schedule.request()
    return post(path, body)
  }
  await cycle(() => schedule.request())
  if (reports.length < 2) await cycle(() => {})
  expect(asked).toBe(2)
})

test('[SYNC-10] a window that keeps its lock for ever, frozen in the middle of a cycle, does not keep the others from syncing', async () => {
  community = await createCommunity()
  const phone = await community.member(community.teams[0])
  const { schedule, timers, reports, seam, cycle } = aSchedule(phone)
  let asked = 0
  seam.locks = { tryHold: () => (asked++, Promise.resolve(false)) }
  const next = async () => {
    timers.shift()!.run()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  schedule.request()
  await new Promise<void>((resolve) => setImmediate(resolve))
  for (let tries = 1; tries < 39; tries++) await next()
  expect(reports).toEqual([])
  expect(asked).toBe(39)
  await cycle(() => timers.shift()!.run())
  expect(reports).toEqual(['online'])
  expect(asked).toBe(40)
})
