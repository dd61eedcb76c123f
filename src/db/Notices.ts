import Dexie, { RangeSet, type IntervalTree, type ObservabilitySet } from 'dexie'
import type { Seam } from './seam.ts'

/** So long may a screen show how things stood before, while a long page is being stored. */
const QUIET_MS = 1_000
/** A part that names so few keys is told as it is. */
const FEW_KEYS = 8

/**
 * What live queries hear of a settlement. Dexie tells every one of them after each transaction, key by key; on an old phone
 * a dozen queries then compare sixty keys for longer than the sixty rows took to store. So keys are told as stretches, and
 * of a page of many slices it is told once a second, and at the end.
 *
 * The memory of a tap is forgotten with every slice.
 */
export class Notices {
  readonly #clock: Seam['clock']
  #held: ObservabilitySet = {}
  #toldAt: number

  constructor(clock: Seam['clock']) {
    this.#clock = clock
    this.#toldAt = clock.now()
  }

  /** Keeps what a transaction that has committed changed, and tells it when it is time. */
  hold(changed: ObservabilitySet): void {
    Dexie.extendObservabilitySet(this.#held, changed)
    const quietMs = this.#clock.now() - this.#toldAt
    // A clock that was set back would keep the screens waiting.
    if (quietMs >= QUIET_MS || quietMs < 0) this.tell()
    // No query has to run again, but a tap's memory is outdated, and finding that out in its transaction takes a second one.
    else if (Object.keys(changed).length > 0) fire({})
  }

  /** Tells what is held. */
  tell(): void {
    const parts = inFewStretches(this.#held)
    this.#held = {}
    this.#toldAt = this.#clock.now()
    if (Object.keys(parts).length === 0) return
    fire(parts)
  }
}

/** A listener that fails must not fail what was stored. */
function fire(parts: ObservabilitySet): void {
  queueMicrotask(() => Dexie.on.storagemutated.fire(parts))
}

/** Takes what Dexie has noted of the transaction under way, so that it tells nobody of it by itself: the last thing in it. */
export function takeNotes(): ObservabilitySet {
  const noted = Dexie.currentTransaction.idbtrans as IDBTransaction & { mutatedParts?: ObservabilitySet }
  const parts = inFewStretches(noted.mutatedParts ?? {})
  delete noted.mutatedParts
  return parts
}

function inFewStretches(parts: ObservabilitySet): ObservabilitySet {
  return Object.fromEntries(Object.entries(parts).map(([part, keys]) => [part, inStretches(keys)]))
}

/** Many keys that differ in their last component alone become one range from the first of them to the last. */
function inStretches(keys: IntervalTree): IntervalTree {
  const stretches: { group: string | null; from: Bound; to: Bound }[] = []
  let count = 0
  for (const { from, to } of RangeSet(keys)) {
    count++
    const group = groupOf(from)
    const last = stretches.at(-1)
    if (last && group !== null && last.group === group && groupOf(to) === group) last.to = to
    else stretches.push({ group: groupOf(to) === group ? group : null, from, to })
  }
  if (count <= FEW_KEYS) return keys
  const told = new RangeSet()
  for (const { from, to } of stretches) told.add({ from, to })
  return told
}

type Bound = Parameters<InstanceType<typeof RangeSet>['addKey']>[0]

/** What a key shares with its neighbours; `null` for the ends of everything. */
function groupOf(key: Bound): string | null {
  if (!Array.isArray(key)) return key === -Infinity ? null : typeof key
  return key.length > 0 && !Array.isArray(key[0]) ? key.slice(0, -1).join(' ') : null
}
