import { here } from '../../db/here.ts'
import { readAll } from '../../db/read.ts'
import { readRoster } from '../../domain/roster/readRoster.ts'
import { planImport, runImport, type Imported } from './planImport.ts'
import { readLedger } from './readLedger.ts'

/** Imports the invented estate that comes with the app, marked as a sample, so that everything can be tried at once. */
export async function importSample(tell: (done: number, all: number) => void): Promise<Imported> {
  const { default: ledger } = await import('../../content/sample/roster-sample.csv?raw')
  const sheets = await readLedger(new TextEncoder().encode(ledger), 'roster-sample.csv')
  const plans = planImport(here().communityId, readRoster(sheets).doors, await readAll('stairwell'), true)
  return runImport(plans, (done) => tell(done, plans.length))
}
