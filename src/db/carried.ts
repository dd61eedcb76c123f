import { readHandover, type CarriedAnswer, type CarriedPart, type Diagnostics } from '../protocol/handover.ts'
import { DAY_MS, LIMITS } from '../protocol/limits.ts'
import { readPhone, type CarriedFile, type Database } from './database.ts'

/** Nothing larger is a file of ours. */
export const MOST_FILE_BYTES = LIMITS.handoverFileChars

/** What became of a file that somebody gave to this phone. `own` was exported here, and sends itself. */
export type Taken =
  | { ok: true; file: CarriedFile; again: boolean; diagnostics: Diagnostics | null }
  | { ok: false; why: 'invalid' | 'newer' | 'own' | 'ending' }

/**
 * Takes a teammate's file along: stored whole and durably, to go with the next sync (SYNC-13). The same file twice is
 * one; one that the server had refused, or taken in part, is brought again.
 *
 * @param written the text of the file, which may be anything
 * @param now ms on this phone's clock
 */
export async function takeAlong(database: Database, written: string, now: number): Promise<Taken> {
  const read = readHandover(written)
  if (typeof read === 'string') return { ok: false, why: read }
  const { header, parts, checksum: id } = read
  return database.transaction('rw', database.carried, database.phone, async () => {
    const state = await readPhone(database)
    if (header.community !== state.communityId) return { ok: false, why: 'invalid' }
    if (header.device === state.deviceId) return { ok: false, why: 'own' }
    if (state.device === 'draining') return { ok: false, why: 'ending' }
    const known = await database.carried.get(id)
    const again = known !== undefined
    const isDone = known?.state === 'delivered' && known.refused === 0
    const fresh = { state: 'waiting' as const, done: 0, epoch: null, applied: 0, held: 0, refused: 0 }
    const file = known && (isDone || known.state === 'waiting') ? known : { id, header, parts, takenAt: now, ...fresh }
    await database.carried.put(file)
    return { ok: true, file, again, diagnostics: read.diagnostics ?? null }
  })
}

/** The files that this phone brings or brought along, the newest first. */
export async function listCarried(database: Database): Promise<CarriedFile[]> {
  return (await database.carried.toArray()).sort((left, right) => right.takenAt - left.takenAt)
}

/** How many saved things of others wait on this phone to be brought along. */
export async function countCarried(database: Database): Promise<number> {
  const files = await database.carried.where('state').equals('waiting').toArray()
  return files.reduce((sum, { header }) => sum + header.waiting + header.held, 0)
}

/** Lets a file go for good that the server would not take, because a person said so. */
export async function forgetCarried(database: Database, id: string): Promise<void> {
  await database.transaction('rw', database.carried, async () => {
    if ((await database.carried.get(id))?.state === 'refused') await database.carried.delete(id)
  })
}

/** The next part that has to go, parts of one file in their order: a later one may stand on an earlier one. */
export async function nextCarried(database: Database): Promise<{ id: string; part: CarriedPart } | null> {
  const waiting = await database.carried.where('state').equals('waiting').sortBy('takenAt')
  for (const { id, header, parts, done } of waiting) {
    const sealed = parts[done]
    if (sealed !== undefined) return { id, part: { header, index: done, sealed } }
  }
  return null
}

/** Stores what the server said about one part; an answer about any other part than the next one came late. */
export async function settleCarried(
  database: Database,
  id: string,
  index: number,
  answer: CarriedAnswer,
  epoch: string,
): Promise<void> {
  await database.transaction('rw', database.carried, async () => {
    const file = await database.carried.get(id)
    if (file?.state !== 'waiting' || file.done !== index) return
    if (answer.result === 'refused') {
      await database.carried.put({ ...file, state: 'refused' })
      return
    }
    const done = index + 1
    await database.carried.put({
      ...file,
      ...{ done, epoch },
      applied: file.applied + answer.applied,
      held: file.held + answer.held,
      refused: file.refused + answer.refused,
      state: done < file.parts.length ? 'waiting' : 'delivered',
    })
  })
}

/**
 * Before anything goes: a server with another history is brought everything again (SYNC-8), and what was delivered long
 * ago is let go, like what this phone had sent itself.
 */
export async function readyCarried(database: Database, epoch: string | null, now: number): Promise<void> {
  await database.transaction('rw', database.carried, async () => {
    for (const file of await database.carried.toArray()) {
      const isOld = now - file.takenAt > LIMITS.reofferDays * DAY_MS
      if (file.state === 'delivered' && isOld) await database.carried.delete(file.id)
      else if (file.state !== 'refused' && file.done > 0 && file.epoch !== epoch) {
        await database.carried.put({ ...file, state: 'waiting', done: 0, applied: 0, held: 0, refused: 0 })
      }
    }
  })
}
