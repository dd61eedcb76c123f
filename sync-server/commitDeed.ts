import type { Transaction } from 'kysely'
import type { Change } from '../src/domain/record.ts'
import type { ServerContext } from './context.ts'
import { keepJournal } from './journal.ts'
import { advanceClock, lockClock, putProjections, putRecords } from './storage/records.ts'
import type { Tables } from './storage/tables.ts'
import { WorkingFacts } from './workingFacts.ts'

/**
 * A deed of the server itself (an enrolment, the founding of a community), on the same path as every command: the clock
 * is locked first, facts are read under it, and everything is written in one transaction.
 *
 * @param decide reads through `facts` and answers with the changes and whatever the caller wants to know
 */
export async function commitDeed<T>(
  server: ServerContext,
  community: string,
  decide: (trx: Transaction<Tables>, facts: WorkingFacts) => Promise<{ changes: readonly Change[]; value: T }>,
): Promise<T> {
  const done = await server.storage.transaction(async (trx) => {
    const begun = await lockClock(trx, community)
    if (!begun) throw new Error('unknown community')
    const facts = new WorkingFacts(trx, community)
    const decided = await decide(trx, facts)
    await facts.apply(decided.changes)
    const { clocks, journalled } = await writeChanges(trx, community, { ...begun, at: server.clock.now() }, facts)
    return { value: decided.value, changed: clocks.size > 0, journalled }
  })
  if (done.changed) server.pokes.emit('poke', community)
  if (done.journalled) server.pokes.emit('journal', community)
  return done.value
}

/**
 * Gives every changed row its own clock, writes rows and projections, and advances the community's clock. Rows are
 * numbered by scope, kind and id and not by what was done first: a quiz answer must not stand beside its door.
 *
 * @param from the community's clock and epoch as they were locked, and the server's time, ms
 * @returns the clocks by `kind id`, and whether anything of it must outlive a restore
 */
export async function writeChanges(
  trx: Transaction<Tables>,
  community: string,
  from: { clock: number; epoch: string; at: number },
  facts: WorkingFacts,
): Promise<{ clocks: ReadonlyMap<string, number>; journalled: boolean }> {
  const clocks = new Map<string, number>()
  let clock = from.clock
  const rows = facts
    .changes()
    .sort(byPlace)
    .map(({ kind, id, scope, body }) => {
      clocks.set(`${kind} ${id}`, ++clock)
      return { kind, id, scope, clock, deleted: body ? 0 : 1, body: JSON.stringify(body) }
    })
  if (rows.length === 0) return { clocks, journalled: false }
  await putRecords(trx, community, rows)
  await putProjections(trx, community, 'facade', facts.changedFacades())
  await advanceClock(trx, community, clock)
  return { clocks, journalled: await keepJournal(trx, community, from, facts.changes(), clocks) }
}

function byPlace(left: Change, right: Change): number {
  const [a, b] = [left, right].map(({ scope, kind, id }) => `${scope} ${kind} ${id}`) as [string, string]
  return a < b ? -1 : a > b ? 1 : 0
}
