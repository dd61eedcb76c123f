import { layOutStairwells, type LaidOutStairwell } from '../../src/domain/roster/layOutStairwells.ts'
import { readRoster } from '../../src/domain/roster/readRoster.ts'
import type { OperatorPhone } from './OperatorPhone.ts'
import { readLedger } from './readLedger.ts'

/** Stairwells of a ledger, laid out as they are imported. @throws RosterProblem for a file that is no ledger */
export async function layOutLedger(bytes: Uint8Array, fileName: string): Promise<LaidOutStairwell[]> {
  return layOutStairwells(readRoster(await readLedger(bytes, fileName)).doors)
}

/** Imports laid-out stairwells: one command each, in batches. */
export async function importDoors(
  phone: OperatorPhone,
  stairwells: readonly LaidOutStairwell[],
  sample = false,
): Promise<void> {
  for (const laidOut of stairwells) {
    phone.queue('roster/import-stairwell', { ...laidOut, ...(sample ? { sample } : {}) })
  }
  await phone.send()
}
