import { fold } from '../folding.ts'
import { readSettings } from '../settings.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { withContext } from './withContext.ts'

/** `fold [--dry-run]`: folds the events of rounds that ended long ago, as a running server does once a day. */
export async function foldNow(
  dryRun: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorAnswer> {
  const days = readSettings(environment).foldAfterDays
  const folded = await withContext(environment, (server) => fold(server, days, dryRun))
  const { places, visits, events } = folded
  const said = `${places} stairwells of rounds that ended ${days} days ago or more: ${visits} visits, ${events} events`
  return { value: { dryRun, days, folded }, lines: [`${dryRun ? 'would be folded' : 'folded'}: ${said}`] }
}
