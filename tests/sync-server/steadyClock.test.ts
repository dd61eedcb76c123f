import { describe, expect, test } from 'vitest'
import { SteadyClock } from '../../sync-server/SteadyClock.ts'

describe('the server’s time', () => {
  test('is the host’s, forwards and backwards, while nothing is written down', () => {
    let host = 1_000
    const clock = new SteadyClock(() => host)
    expect(clock.now()).toBe(1_000)
    host = 500
    expect(clock.now()).toBe(500)
  })

  test('never lies before a bond or grant that it has begun or ended, and is the host’s again once that is later', () => {
    let host = 1_000
    const clock = new SteadyClock(() => host)
    clock.follow([
      { from: 700, until: 900 },
      { from: 900, until: null },
    ])
    host = 100
    expect(clock.now()).toBe(900)
    clock.follow([{ from: 300, until: 950 }])
    expect(clock.now()).toBe(950)
    host = 951
    expect(clock.now()).toBe(951)
  })
})
