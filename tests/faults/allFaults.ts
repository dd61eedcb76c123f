import type { Fault } from './Fault.ts'
import { killFaults } from './kills.ts'
import { networkFaults } from './networkFaults.ts'
import { postgresFaults } from './postgresFaults.ts'
import { powerCutFaults } from './powerCuts.ts'
import { processFaults } from './processFaults.ts'
import { requestFaults } from './requestFaults.ts'
import { storageFaults } from './storageFaults.ts'

/** Every fault of the server and of the network, by family. Faults of the phone need a browser: `phoneFaults.ts`. */
export const allFaults: Readonly<Record<string, readonly Fault[]>> = {
  process: processFaults,
  network: networkFaults,
  requests: requestFaults,
  storage: storageFaults,
  postgres: postgresFaults,
  kills: killFaults,
  'power cuts': powerCutFaults,
}
