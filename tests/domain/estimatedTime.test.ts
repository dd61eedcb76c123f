import { describe, expect, test } from 'vitest'
import { isEstimated } from '../../src/domain/estimatedTime.ts'

const TAPPED = Date.UTC(2026, 10, 21, 12)
const MINUTE_MS = 60_000

describe('[SYNC-5] a time is an estimate when it had to be bent by more than anybody would see', () => {
  const cases: [story: string, effective: number, estimated: boolean][] = [
    ['a claim that was believed', TAPPED, false],
    ['a clock that drifts by seconds', TAPPED + 5_000, false],
    ['ten minutes, which move no band that anybody reads', TAPPED + 10 * MINUTE_MS, false],
    ['a little more', TAPPED + 10 * MINUTE_MS + 1, true],
    ['a little more, the other way', TAPPED - 10 * MINUTE_MS - 1, true],
    ['a year', TAPPED + 365 * 24 * 60 * MINUTE_MS, true],
  ]
  test.for(cases)('%s', ([, effective, estimated]) => {
    expect(isEstimated(TAPPED, effective)).toBe(estimated)
  })
})
