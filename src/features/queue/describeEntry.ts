import type { OutboxEntry } from '../../db/database.ts'
import { readOne } from '../../db/read.ts'
import { isVerb } from '../../domain/verbs.ts'
import { entryWords, queueMessages } from '../../messages/queue.ts'

/** A queue entry as a person reads it. */
export interface QueueItem {
  entry: OutboxEntry
  /** What was done: 记录 301 无人应门. */
  what: string
  /** The stairwell it was done in; empty where there is none. */
  place: string
}

/** Puts words to entries; the names of stairwells are read once each. */
export async function describeEntries(entries: readonly OutboxEntry[]): Promise<QueueItem[]> {
  const names = new Map<string, string>()
  for (const stairwellId of new Set(entries.map(stairwellOf))) {
    if (stairwellId) names.set(stairwellId, await nameStairwell(stairwellId))
  }
  return entries.map((entry) => ({ entry, what: nameDeed(entry), place: names.get(stairwellOf(entry) ?? '') ?? '' }))
}

/** The stairwell an entry is about, if it names one. */
export function stairwellOf({ args }: Pick<OutboxEntry, 'args'>): string | undefined {
  const id = (args as { stairwellId?: unknown } | null)?.stairwellId
  return typeof id === 'string' ? id : undefined
}

function nameDeed({ verb, args }: OutboxEntry): string {
  if (!isVerb(verb)) return queueMessages.unknownEntry
  const words = entryWords[verb] as (args: unknown) => string
  return words(args)
}

async function nameStairwell(stairwellId: string): Promise<string> {
  const known = await readOne('stairwell', stairwellId)
  return known ? [known.estate, known.building, known.stairwell].filter(Boolean).join(' ') : ''
}
