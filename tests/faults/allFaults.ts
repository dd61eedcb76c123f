import type { Fault } from './Fault.ts'
import { fullDiskFaults } from './fullDisks.ts'
import { killFaults } from './kills.ts'
import { networkFaults } from './networkFaults.ts'
import { oldPhoneFaults } from './oldPhones.ts'
import { phoneClockFaults } from './phoneClocks.ts'
import { phoneKillFaults } from './phoneKills.ts'
import { phoneLossFaults } from './phoneStorage.ts'
import { phoneTroubleFaults } from './phoneTroubles.ts'
import { postgresFaults } from './postgresFaults.ts'
import { powerCutFaults } from './powerCuts.ts'
import { privateWindowFaults } from './privateWindow.ts'
import { processFaults } from './processFaults.ts'
import { requestFaults } from './requestFaults.ts'
import { storageFaults } from './storageFaults.ts'

/** Every fault, by family: of the server, of the network, and of the phone, which is a real browser. */
export const allFaults: Readonly<Record<string, readonly Fault[]>> = {
  process: processFaults,
  network: networkFaults,
  requests: requestFaults,
  storage: [...fullDiskFaults, ...storageFaults],
  postgres: postgresFaults,
  kills: killFaults,
  'power cuts': powerCutFaults,
  phone: [
    ...phoneLossFaults,
    ...phoneClockFaults,
    ...phoneTroubleFaults,
    ...phoneKillFaults,
    ...privateWindowFaults,
    ...oldPhoneFaults,
  ],
}
