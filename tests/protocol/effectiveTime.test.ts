import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { effectiveTime } from '../../src/protocol/effectiveTime.ts'
import { DAY_MS } from '../../src/protocol/limits.ts'

const RECEIVED = Date.UTC(2026, 10, 21, 12)
const HOUR_MS = 3_600_000
const YEAR_MS = 365 * DAY_MS
const SYNCED = RECEIVED - 2 * HOUR_MS
const TAPPED = RECEIVED - HOUR_MS

describe('[SYNC-5] when a deed was done, as far as the server believes it', () => {
  const cases: [
    story: string,
    given: { claimed: number; offset?: number; after?: number | null },
    effective: number,
    clamped: boolean,
  ][] = [
    ['a clock that is right', { claimed: TAPPED }, TAPPED, false],
    ['a clock a year ahead that had seen the server’s', { claimed: TAPPED + YEAR_MS, offset: YEAR_MS }, TAPPED, false],
    [
      'a clock a year behind that had seen the server’s',
      { claimed: TAPPED - YEAR_MS, offset: -YEAR_MS },
      TAPPED,
      false,
    ],
    ['a clock a year ahead that nobody has measured', { claimed: TAPPED + YEAR_MS }, RECEIVED, true],
    ['a clock a year behind that nobody has measured', { claimed: TAPPED - YEAR_MS }, SYNCED, true],
    [
      'a clock that jumped a year ahead after the last sync',
      { claimed: TAPPED + YEAR_MS, offset: 5_000 },
      RECEIVED,
      true,
    ],
    ['1970', { claimed: 0 }, SYNCED, true],
    ['2099', { claimed: Date.UTC(2099, 0, 1) }, RECEIVED, true],
    ['the first date there is', { claimed: -8.64e15 }, SYNCED, true],
    ['the last date there is', { claimed: 8.64e15, offset: -1e14 }, RECEIVED, true],
    ['the very moment of the last sync', { claimed: SYNCED }, SYNCED, false],
    ['a moment before the last sync', { claimed: SYNCED - 1 }, SYNCED, true],
    ['the very moment of the receipt', { claimed: RECEIVED }, RECEIVED, false],
    ['a moment after the receipt', { claimed: RECEIVED + 1 }, RECEIVED, true],
    ['a phone that never finished a sync', { claimed: TAPPED, after: null }, TAPPED, false],
    ['a phone that never finished a sync, in 2099', { claimed: Date.UTC(2099, 0, 1), after: null }, RECEIVED, true],
    ['a last sync that it dates after the receipt', { claimed: TAPPED, after: RECEIVED + YEAR_MS }, RECEIVED, true],
  ]
  test.for(cases)('%s', ([, { claimed, offset = 0, after = SYNCED }, effective, clamped]) => {
    expect(effectiveTime(claimed, offset, after, RECEIVED)).toEqual({ effective, clamped })
  })

  test('is never after the receipt, never before the last sync, and says whether it was bent', () => {
    const moment = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 })
    const skew = fc.integer({ min: -100_000_000_000_000, max: 100_000_000_000_000 })
    fc.assert(
      fc.property(moment, skew, fc.option(moment), moment, (claimed, offset, after, received) => {
        const { effective, clamped } = effectiveTime(claimed, offset, after, received)
        expect(effective).toBeLessThanOrEqual(received)
        if (after !== null) expect(effective).toBeGreaterThanOrEqual(Math.min(after, received))
        expect(clamped).toBe(effective !== claimed - offset)
      }),
    )
  })
})
