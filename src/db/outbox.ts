import type { WireCommand } from '../protocol/sync.ts'
import { slices } from './overlay.ts'
import { readPhone, type Database, type EntryState, type OutboxEntry, type PhoneState } from './database.ts'

/** The next commands to send, in the order of the lane, with the phone's standing that goes with them. */
export async function nextBatch(
  database: Database,
  most: number,
): Promise<{ state: PhoneState; commands: WireCommand[]; waiting: number; leaving: boolean }> {
  const { outbox, phone, carried } = database
  return database.transaction('r', [outbox, phone, carried], async () => {
    const state = await readPhone(database)
    const pending = database.outbox.where('state').equals('pending')
    const waiting = await pending.count()
    // Within one state an index keeps the order of the primary key, which is the order of the lane.
    const keys = most === 0 ? [] : await pending.limit(most).primaryKeys()
    const commands: WireCommand[] = []
    for (const slice of slices(keys)) {
      for (const entry of await database.outbox.bulkGet(slice)) commands.push(toWire(entry!))
    }
    // It takes nothing more in, so what is true now stays true.
    const isEmpty = async () => waiting === 0 && (await carried.where('state').equals('waiting').count()) === 0
    const leaving = state.device === 'draining' && (await isEmpty())
    return { state, commands, waiting, leaving }
  })
}

/** A command as it travels. */
export function toWire({ n, id, verb, version, args, claimedAt, offsetMs, after, formerly }: OutboxEntry): WireCommand {
  return { n, id, verb, version, claimedAt, offsetMs, after, args, ...(formerly ? { formerly } : {}) }
}

/** How many saved things are where, for the status line: waiting to go, waiting for a person, refused. */
export interface QueueCounts {
  waiting: number
  held: number
  refused: number
}

/** Counts the queue. What was applied and only waits for its page is done as far as anybody cares. */
export async function countQueue(database: Database): Promise<QueueCounts> {
  const count = (state: EntryState) => database.outbox.where('state').equals(state).count()
  const [waiting, held, refused] = await Promise.all([count('pending'), count('held'), count('refused')])
  return { waiting, held, refused }
}

/** The queue as people read it, oldest first. */
export async function listQueue(database: Database): Promise<OutboxEntry[]> {
  return (await database.outbox.orderBy('seq').toArray()).filter((entry) => entry.state !== 'applied')
}

/** Lets a refused command go for good, because a person said so. Nothing else is ever discarded. */
export async function discardRefused(database: Database, seq: number): Promise<void> {
  await database.transaction('rw', database.outbox, async () => {
    const entry = await database.outbox.get(seq)
    if (entry?.state === 'refused') await database.outbox.delete(seq)
  })
}
