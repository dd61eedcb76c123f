import { prune } from '../pruning.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { withContext } from './withContext.ts'

/** `prune [--dry-run]`: takes away what has outlived its use, as a running server does once a day. */
export async function pruneNow(
  dryRun: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorAnswer> {
  const pruned = await withContext(environment, (server) => prune(server, dryRun))
  const said = Object.entries(pruned).map(([what, count]) => `${what}: ${count}`)
  return { value: { dryRun, pruned }, lines: [dryRun ? 'would be taken away:' : 'taken away:', ...said] }
}
