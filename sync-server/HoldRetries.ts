import { setImmediate as nextTurn } from 'node:timers/promises'
import { policyCacheOf } from './commitBatch.ts'
import { writeChanges } from './commitDeed.ts'
import type { ServerContext } from './context.ts'
import { Holds, placeOf } from './Holds.ts'
import { withoutRevoked } from './journal.ts'
import { Judge } from './Judge.ts'
import { listCommunities, readHeldWhy, type HeldPlace } from './storage/enrolments.ts'
import { lockClock } from './storage/records.ts'
import { WorkingFacts } from './workingFacts.ts'

/** Waiting commands that one transaction tries again: phones' batches come in between. */
const AT_ONCE = 50

type Whose = 'server' | 'restored'

/**
 * Tries waiting commands again beside the phones' batches: at each start of a server what only a newer or a sounder one
 * can take in, once each (SYNC-9); after a restore what waits for facts, for as long as each round brings something.
 */
export class HoldRetries {
  readonly #server: ServerContext
  readonly #passes = new Map<string, { again: boolean; done: Promise<void> }>()
  #stopped = false

  private constructor(server: ServerContext) {
    this.#server = server
  }

  /** Begins with what waits for the server itself, and goes on whenever a batch says that more waits than it looked at. */
  static async follow(server: ServerContext): Promise<HoldRetries> {
    const retries = new HoldRetries(server)
    server.pokes.on('former', (community: string) => retries.#goOn(community, ['restored']))
    for (const community of await listCommunities(server.storage.db)) retries.#goOn(community, ['server', 'restored'])
    return retries
  }

  #goOn(community: string, kinds: readonly Whose[]): void {
    const known = this.#passes.get(community)
    if (known) {
      known.again = true
      return
    }
    const pass = { again: false, done: Promise.resolve() }
    this.#passes.set(community, pass)
    pass.done = this.#run(community, kinds, pass)
      .catch((error: unknown) => {
        if (!this.#stopped) this.#server.onFault(error, 'retry')
      })
      .finally(() => this.#passes.delete(community))
  }

  async #run(community: string, kinds: readonly Whose[], pass: { again: boolean }): Promise<void> {
    for (const whose of kinds) {
      do {
        pass.again = false
        await retryHolds(this.#server, community, whose, () => this.#stopped)
      } while (pass.again && !this.#stopped)
    }
  }

  /** Resolves when nothing is being tried again. */
  async settled(): Promise<void> {
    while (this.#passes.size > 0) await Promise.all([...this.#passes.values()].map(({ done }) => done))
  }

  /** Begins nothing any more and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.settled()
  }
}

/**
 * Tries again all that waits in one community, in its order, some at a time, each time under the clock's lock.
 *
 * @returns how many were settled
 */
export async function retryHolds(
  server: ServerContext,
  community: string,
  whose: Whose,
  isStopped: () => boolean = () => false,
): Promise<number> {
  let settled = 0
  let round = 0
  // What waits for the server is tried once; of what a restore lost, one success may be what another waits for.
  do {
    round = 0
    for (let after: HeldPlace | null = null; !isStopped();) {
      const some: Tried = await trySome(server, community, whose, after, AT_ONCE)
      round += some.settled
      if (!some.next) break
      after = some.next
      await nextTurn()
    }
    settled += round
  } while (whose === 'restored' && round > 0 && !isStopped())
  return settled
}

type Tried = { settled: number; next: HeldPlace | null }

async function trySome(
  server: ServerContext,
  community: string,
  whose: Whose,
  after: HeldPlace | null,
  limit: number,
): Promise<Tried> {
  try {
    return await tryUnderLock(server, community, whose, after, limit)
  } catch (error) {
    if (error instanceof Error && error.name === 'StorageTrouble') throw error
    // The database will not take one of them: alone it stops nobody, and goes on waiting.
    if (limit > 1) return trySome(server, community, whose, after, 1)
    server.onFault(error, 'retry')
    const why = whose === 'server' ? ['unknownVersion', 'fault'] : ['restored']
    const [poison] = await readHeldWhy(server.storage.db, community, why, 1, after)
    return { settled: 0, next: poison ? placeOf(poison) : null }
  }
}

async function tryUnderLock(
  server: ServerContext,
  community: string,
  whose: Whose,
  after: HeldPlace | null,
  limit: number,
): Promise<Tried> {
  const done = await server.storage.transaction(async (trx) => {
    const begun = await lockClock(trx, community)
    if (!begun) throw new Error('unknown community')
    const facts = new WorkingFacts(trx, community)
    const policy = await policyCacheOf(server).read(trx, community)
    const at = server.clock.now()
    const judge = new Judge(community, facts, policy, at, withoutRevoked.bind(null, trx, community))
    const holds = new Holds(server, trx, community, facts, judge, at)
    const tried = await holds.retry(whose, after, limit)
    const { clocks, journalled } = await writeChanges(trx, community, { ...begun, at }, facts)
    const lastOf = (keys: readonly string[]) => {
      return keys.reduce((last, key) => Math.max(last, clocks.get(key) ?? 0), begun.clock)
    }
    await holds.writeAnswers(lastOf)
    return { tried, changed: clocks.size > 0, journalled }
  })
  if (done.changed) server.pokes.emit('poke', community)
  if (done.journalled) server.pokes.emit('journal', community)
  return done.tried
}
