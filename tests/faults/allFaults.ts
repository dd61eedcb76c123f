import type { Fault } from './Fault.ts'
import { killFaults } from './kills.ts'
import { powerCutFaults } from './powerCuts.ts'
import { requestFaults } from './requestFaults.ts'
import { storageFaults } from './storageFaults.ts'

/** Every fault of the server and of the network, by family. Faults of the phone need a browser: tests/e2e. */
export const allFaults: Readonly<Record<string, readonly Fault[]>> = {
  kills: killFaults,
  'power cuts': powerCutFaults,
  requests: requestFaults,
  storage: storageFaults,
}
