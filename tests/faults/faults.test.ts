import { expect, test } from 'vitest'
import { QUICK } from './Fault.ts'
import { killFaults } from './kills.ts'
import { networkFaults } from './networkFaults.ts'
import { Oracle } from './Oracle.ts'
import { powerCutFaults } from './powerCuts.ts'
import { requestFaults } from './requestFaults.ts'

/** The quickest of `npm run faults`, with the controls that show that the oracle bites. */
const quickest = [
  killFaults[0]!,
  powerCutFaults[0]!,
  powerCutFaults[1]!,
  requestFaults.find(({ name }) => name === 'the same POST 20 times at once')!,
  networkFaults.find(({ name }) => name.startsWith('a captive portal'))!,
  networkFaults.find(({ name }) => name === 'connections that never last')!,
]

test.each(quickest)('$name', async (fault) => {
  const figures = await fault.run(new Oracle(), QUICK)
  console.log(figures)
  expect(figures).toMatch(/\d/)
})
