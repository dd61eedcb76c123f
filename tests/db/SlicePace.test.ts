import { expect, test } from 'vitest'
import { SlicePace } from '../../src/db/SlicePace.ts'
import { LIMITS } from '../../src/protocol/limits.ts'

/** A phone that takes so long for a row, until it has found its pace. */
function paceAt(msPerRow: number, isTappable: boolean): number {
  const pace = new SlicePace()
  for (let slice = 0; slice < 10; slice++) pace.note(pace.rows, pace.rows * msPerRow, isTappable)
  return pace.rows
}

test('a slice takes as long as a tap may wait; where nobody taps, longer', () => {
  expect(paceAt(3, true) * 3).toBeCloseTo(50, -1)
  expect(paceAt(3, false) * 3).toBeCloseTo(400, -1)
})

test('the slowest phone gets on, and the fastest keeps to the limit', () => {
  expect(paceAt(500, true)).toBeGreaterThanOrEqual(10)
  expect(paceAt(0, true)).toBe(LIMITS.rowsPerTransaction)
})

test('one slice at most doubles or halves the next, and a short one or a clock that was set tells nothing', () => {
  const pace = new SlicePace()
  const first = pace.rows
  pace.note(first, 1, true)
  expect(pace.rows).toBe(first * 2)
  pace.note(first * 2, 100_000, true)
  expect(pace.rows).toBe(first)
  pace.note(3, 1, true)
  pace.note(first, -3_600_000, true)
  expect(pace.rows).toBe(first)
})

test('a short slice that took too long does make the next one smaller', () => {
  const pace = new SlicePace()
  const first = pace.rows
  pace.note(3, 10_000, true)
  expect(pace.rows).toBeLessThan(first)
})
