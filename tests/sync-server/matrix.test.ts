import { expect, test } from 'vitest'
import { POLICY, ROUTES } from '../../src/domain/access.ts'
import { CASES } from '../matrix/cases.ts'
import { EXPECTED, ROUTES as EXPECTED_ROUTES } from '../matrix/expected.ts'
import { runMatrix, runMutants } from '../matrix/runMatrix.ts'

const SLOW = 120_000

test('every verb and every route has its row in the table, and its cells', () => {
  const verbs = Object.keys(POLICY).sort()
  expect(Object.keys(EXPECTED).sort()).toEqual(verbs)
  expect([...new Set(CASES.map(({ verb }) => verb))].sort()).toEqual(verbs)
  const served = Object.keys(EXPECTED_ROUTES).filter((name) => !name.startsWith('HEAD '))
  expect(served.map((name) => (name === 'GET /' ? 'GET /*' : name)).sort()).toEqual(Object.keys(ROUTES).sort())
})

test('who may do what: every cell on SQLite as the documents say', { timeout: SLOW }, async () => {
  const { passed, failures } = await runMatrix('sqlite')
  expect(failures).toEqual([])
  expect(passed).toBeGreaterThan(1_500)
})

test('every seventh line of the policy, taken away, is missed', { timeout: SLOW }, async () => {
  const { lines, missed } = await runMutants('sqlite', () => {}, 7)
  expect(missed).toEqual([])
  expect(lines).toBeGreaterThan(20)
})
