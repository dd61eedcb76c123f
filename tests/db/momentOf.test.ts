import { expect, test } from 'vitest'
import { momentOf } from '../../src/db/database.ts'

test('the moment is the server’s, and a clock that was set back is not believed behind the last sync', () => {
  const phone = { offsetMs: 500, syncedAt: 100_000 }
  expect(momentOf(phone, 200_500)).toBe(200_000)
  expect(momentOf(phone, 50_000)).toBe(100_000)
  expect(momentOf({ offsetMs: 0, syncedAt: null }, 70_000)).toBe(70_000)
})
