import type { LossCode } from './records/phoneLoss.ts'

/**
 * What is remembered of a phone's database outside of it: whoever finds the two at odds knows that something was lost.
 * It may lag behind the database, never run ahead of it, because it is written after what it speaks of was stored.
 */
export interface Sentinel {
  /** The version of the database's shape. */
  version: number
  /** The id the database was given at its first look; empty when nothing but the server's word is known. */
  born: string
  /** How many numberings the outbox has had. */
  lane: number
  nextN: number
  /** How many saved things were unsent at the last look. */
  unsent: number
  /** Their ids, at most `SENTINEL_IDS_MOST`. */
  ids: readonly string[]
  /** How many rows had been pulled or made; 0 when they were not counted. */
  rows: number
  /** ms on this phone's clock */
  seenAt: number
}

/** What is found in the database now. */
export interface FoundPhone {
  born: string
  lane: number
  nextN: number
  /** Those of the sentinel's ids that are still on this phone, in whatever state. */
  present: ReadonlySet<string>
  rows: number
}

export interface Loss {
  code: LossCode
  /** How many unsent things may be gone at most; `null` where nobody knows. */
  atMost: number | null
}

/** Ids cost 21 bytes each in a store of a few megabytes; beyond this only their number is remembered. */
export const SENTINEL_IDS_MOST = 500

/** How many of the things that were unsent at the last look cannot be found any more. */
export function countMissing({ unsent, ids }: Sentinel, present: ReadonlySet<string>): number {
  const named = ids.filter((id) => !present.has(id)).length
  // Where not every one was named, and some of the named are gone, the unnamed are not worth more trust.
  const unnamed = unsent - ids.length
  return named > 0 || present.size === 0 ? named + Math.max(0, unnamed) : 0
}

/**
 * Compares a database with what was remembered of it.
 *
 * @returns `null` when nothing is missing; also when there is nothing to compare with
 */
export function noticeLoss(sentinel: Sentinel | null, found: FoundPhone): Loss | null {
  if (!sentinel || sentinel.born === '') return null
  const missing = countMissing(sentinel, found.present)
  if (found.born !== sentinel.born) return { code: 'vanished', atMost: missing }
  const behind = found.lane < sentinel.lane || (found.lane === sentinel.lane && found.nextN < sentinel.nextN)
  if (behind) return { code: 'fellBack', atMost: missing }
  // What was saved after a look is only counted, and may well be there: the numbers given since then account for it.
  const onlyCounted = sentinel.ids.length === 0
  const since = found.lane === sentinel.lane ? found.nextN - sentinel.nextN : missing
  const atMost = onlyCounted ? Math.max(0, missing - since) : missing
  return atMost > 0 ? { code: 'rowsMissing', atMost } : null
}

/** Whether so many pulled rows are gone that they must be downloaded again. A purge is followed by a look. */
export function mustDownloadAgain(sentinel: Sentinel | null, found: FoundPhone): boolean {
  return sentinel !== null && sentinel.born === found.born && found.rows < sentinel.rows * 0.9
}

/** Reads what was written by any version of this app. `null` for anything else: then nothing is remembered. */
export function parseSentinel(text: string | null): Sentinel | null {
  const brace = text?.indexOf('{') ?? -1
  if (text === null || brace < 0) return null
  try {
    const value = JSON.parse(text.slice(brace)) as Partial<Sentinel>
    const counts = [value.version, value.lane, value.nextN, value.unsent, value.rows, value.seenAt]
    const isSound = counts.every((count) => Number.isFinite(count)) && typeof value.born === 'string'
    return isSound && Array.isArray(value.ids) ? (value as Sentinel) : null
  } catch {
    return null
  }
}

/** The version stands in front, so that an older app reads it without knowing what follows. */
export function wordSentinel(sentinel: Sentinel): string {
  return `${sentinel.version} ${JSON.stringify(sentinel)}`
}
