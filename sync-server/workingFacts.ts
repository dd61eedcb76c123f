import type { Transaction } from 'kysely'
import type { Facts, Missing, Read } from '../src/domain/command.ts'
import type { FacadeEvent, Facade } from '../src/domain/coverage/facade.ts'
import { applyToFacade, emptyFacade, facadeKey, isFacadeKind } from '../src/domain/coverage/facade.ts'
import type { Body, KindName } from '../src/domain/kinds.ts'
import { RANGE_LIMIT } from '../src/domain/command.ts'
import { memberScope, type Change, type Scope } from '../src/domain/record.ts'
import type { SessionTally } from '../src/domain/records/sessionTally.ts'
import { applyToTally, tallyOf } from '../src/domain/service/tally.ts'
import { readProjections, readRange, readRecords } from './storage/records.ts'
import type { Tables } from './storage/tables.ts'

const keyOf = (kind: string, id: string): string => `${kind} ${id}`
const rangeOf = (kind: string, scope: Scope): string => `${kind} in ${scope}`

/**
 * The records that one batch looks at and changes, loaded under the lock and kept in memory until the batch is written:
 * each command sees its predecessors, and the database sees one multi-row insert (SYNC-3).
 */
export class WorkingFacts implements Facts {
  readonly #trx: Transaction<Tables>
  readonly #community: string
  readonly #bodies = new Map<string, { id: string } | null>()
  readonly #ranges = new Map<string, Set<string>>()
  readonly #changed = new Map<string, Change>()
  readonly #facades = new Map<string, { row: Facade; changed: boolean }>()
  #revision = 0

  constructor(trx: Transaction<Tables>, community: string) {
    this.#trx = trx
    this.#community = community
  }

  /** Loads what a command named, unless it is here already. */
  async load(reads: readonly Read[]): Promise<void> {
    const rows = reads.flatMap((read) => ('row' in read ? [read.row] : []))
    await this.#loadRows(rows)
    for (const read of reads) if ('range' in read) await this.#loadRange(read.range.kind, read.range.scope)
  }

  async #loadRows(rows: readonly { kind: string; id: string }[]): Promise<void> {
    const missing = new Map<string, { kind: string; id: string }>()
    for (const { kind, id } of rows) {
      if (!this.#bodies.has(keyOf(kind, id))) missing.set(keyOf(kind, id), { kind, id })
    }
    if (missing.size === 0) return
    const found = await readRecords(this.#trx, this.#community, [...missing.values()])
    for (const key of missing.keys()) this.#bodies.set(key, null)
    for (const { kind, id, deleted, body } of found) {
      if (!deleted) this.#bodies.set(keyOf(kind, id), JSON.parse(body) as { id: string })
    }
  }

  /** Loads façades that are likely to be drawn on, in one statement. */
  async loadFacades(places: readonly { stairwellId: string; roundId: string }[]): Promise<void> {
    const missing = new Map<string, { stairwellId: string; roundId: string }>()
    for (const place of places) {
      const key = facadeKey(place.stairwellId, place.roundId)
      if (!this.#facades.has(key)) missing.set(key, place)
    }
    if (missing.size === 0) return
    const stored = await readProjections(this.#trx, this.#community, 'facade', [...missing.keys()])
    const bodies = new Map(stored.map((row) => [row.id, JSON.parse(row.body) as Facade]))
    for (const [key, { stairwellId, roundId }] of missing) {
      this.#facades.set(key, { row: bodies.get(key) ?? emptyFacade(stairwellId, roundId), changed: false })
    }
  }

  async #loadRange(kind: KindName, scope: Scope): Promise<void> {
    if (this.#ranges.has(rangeOf(kind, scope))) return
    const ids = new Set<string>()
    for (const row of await readRange(this.#trx, this.#community, scope, kind, RANGE_LIMIT)) {
      if (!this.#bodies.has(keyOf(kind, row.id))) {
        this.#bodies.set(keyOf(kind, row.id), JSON.parse(row.body) as { id: string })
      }
      ids.add(row.id)
    }
    for (const change of this.#changed.values()) {
      if (change.kind === kind && change.scope === scope) ids.add(change.id)
    }
    this.#ranges.set(rangeOf(kind, scope), ids)
  }

  get<K extends KindName>(kind: K, id: string): Body<K> | Missing {
    const body = this.#bodies.get(keyOf(kind, id))
    if (body === undefined) throw new Error(`a rule looked at ${kind} without naming it in reads`)
    return (body as Body<K> | null) ?? 'absent'
  }

  all<K extends KindName>(kind: K, scope: Scope): readonly Body<K>[] {
    const ids = this.#ranges.get(rangeOf(kind, scope))
    if (!ids) throw new Error(`a rule looked at all ${kind} without naming the range in reads`)
    return [...ids].flatMap((id) => {
      const body = this.#bodies.get(keyOf(kind, id))
      return body ? [body as Body<K>] : []
    })
  }

  /** Takes a decision's changes in, and carries the projections along. */
  async apply(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      this.#revision++
      const key = keyOf(change.kind, change.id)
      if (isFacadeKind(change.kind)) await this.#project(change)
      this.#bodies.set(key, change.body)
      this.#ranges.get(rangeOf(change.kind, change.scope))?.add(change.id)
      // Set anew, so that the order of the map is the order of the last changes.
      this.#changed.delete(key)
      this.#changed.set(key, change)
    }
  }

  async #project(change: Change): Promise<void> {
    const { kind, id } = change
    await this.load([{ row: { kind: kind as KindName, id, scope: change.scope } }])
    const before = this.#bodies.get(keyOf(kind, id)) ?? null
    const event = { kind, before, after: change.body } as FacadeEvent
    const subject = event.after ?? event.before
    if (!subject) return
    const entry = await this.#facade(subject.stairwellId, subject.roundId)
    applyToFacade(entry.row, event)
    entry.changed = true
    const owner = tallyOf(event)
    if (!owner) return
    const scope = memberScope(owner.memberId)
    await this.load([{ row: { kind: 'sessionTally', id: owner.sessionId, scope } }])
    const known = this.#bodies.get(keyOf('sessionTally', owner.sessionId)) as SessionTally | null
    const tally = known ?? { id: owner.sessionId, ...owner, visits: {} }
    const body = applyToTally(tally, event)
    await this.apply([{ kind: 'sessionTally', id: owner.sessionId, scope, body }])
  }

  async #facade(stairwellId: string, roundId: string): Promise<{ row: Facade; changed: boolean }> {
    const key = facadeKey(stairwellId, roundId)
    await this.loadFacades([{ stairwellId, roundId }])
    return this.#facades.get(key)!
  }

  /** Everything that changed, in the order of the last change. */
  changes(): Change[] {
    return [...this.#changed.values()]
  }

  /** Grows with every change that is taken in, also with one to a row that had changed already. */
  get revision(): number {
    return this.#revision
  }

  /** The façades that were drawn on. */
  changedFacades(): { id: string; body: string }[] {
    return [...this.#facades]
      .filter(([, entry]) => entry.changed)
      .map(([id, entry]) => ({ id, body: JSON.stringify(entry.row) }))
  }
}
