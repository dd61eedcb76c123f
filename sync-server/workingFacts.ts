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

  constructor(trx: Transaction<Tables>, community: string) {
    this.#trx = trx
    this.#community = community
  }

  /** Loads what a command named, unless it is here already. */
  async load(reads: readonly Read[]): Promise<void> {
    const rows = reads.flatMap((read) => ('row' in read ? [read.row] : []))
    const missing = rows.filter(({ kind, id }) => !this.#bodies.has(keyOf(kind, id)))
    if (missing.length > 0) {
      for (const { kind, id } of missing) this.#bodies.set(keyOf(kind, id), null)
      for (const row of await readRecords(this.#trx, this.#community, missing)) {
        const { kind, id } = row
        if (!row.deleted) this.#bodies.set(keyOf(kind, id), JSON.parse(row.body) as { id: string })
      }
    }
    for (const read of reads) if ('range' in read) await this.#loadRange(read.range.kind, read.range.scope)
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
    const known = this.#facades.get(key)
    if (known) return known
    const [stored] = await readProjections(this.#trx, this.#community, 'facade', [key])
    const row = stored ? (JSON.parse(stored.body) as Facade) : emptyFacade(stairwellId, roundId)
    const entry = { row, changed: false }
    this.#facades.set(key, entry)
    return entry
  }

  /** Everything that changed, in the order of the last change. */
  changes(): Change[] {
    return [...this.#changed.values()]
  }

  /** How many changes there are so far; the clock of the batch's next row counts from here. */
  changedFacades(): { id: string; body: string }[] {
    return [...this.#facades]
      .filter(([, entry]) => entry.changed)
      .map(([id, entry]) => ({ id, body: JSON.stringify(entry.row) }))
  }
}
