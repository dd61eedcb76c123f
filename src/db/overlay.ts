import {
  applyToFacade,
  emptyFacade,
  facadeKey,
  isFacadeKind,
  type Facade,
  type FacadeEvent,
} from '../domain/coverage/facade.ts'
import { memberScope, type Change } from '../domain/record.ts'
import type { SessionTally } from '../domain/records/sessionTally.ts'
import { applyToTally, tallyOf } from '../domain/service/tally.ts'
import type { Database, StoredRow } from './database.ts'

type Body = { id: string }

/** A put of 50 rows re-runs every live query of its table in Dexie; 49 re-run only those that it concerns. */
const ROWS_A_PUT = 49

export function* slices<T>(rows: readonly T[], size = ROWS_A_PUT): Generator<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size)
}

/**
 * Collects what one transaction does to rows, and writes it at its end: records, and the façades that follow from them.
 * The façade is never written by a rule; it follows every visit row that appears, changes or goes.
 */
export class RowWriter {
  readonly #database: Database
  readonly #generation: number
  readonly #rows = new Map<string, Change>()
  readonly #known = new Map<string, Body | null>()
  readonly #facades = new Map<string, Facade>()

  constructor(database: Database, generation: number) {
    this.#database = database
    this.#generation = generation
  }

  /** Everything written so far, by `kind id`. */
  get rows(): ReadonlyMap<string, Change> {
    return this.#rows
  }

  /** The row as it stands in this transaction. */
  async current(kind: string, id: string): Promise<Body | null> {
    const key = `${kind} ${id}`
    const pending = this.#rows.get(key)
    if (pending) return pending.body
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const body = (await this.#database.records.where('[kind+id]').equals([kind, id]).first())?.body ?? null
    this.#known.set(key, body)
    return body
  }

  /** Reads, in one go, the rows below these changes that a projection will ask for. */
  async preload(changes: readonly Change[]): Promise<void> {
    const events = changes.filter((change) => isFacadeKind(change.kind))
    const rows = await this.#database.records.bulkGet(events.map(({ scope, kind, id }) => [scope, kind, id]))
    for (const [index, { kind, id }] of events.entries()) this.#known.set(`${kind} ${id}`, rows[index]?.body ?? null)
  }

  /** Takes a change in. Projections see the difference between what stood there and what stands there now. */
  async write(change: Change): Promise<void> {
    if (isFacadeKind(change.kind)) {
      const before = await this.current(change.kind, change.id)
      await this.#project({ kind: change.kind, before, after: change.body } as FacadeEvent)
    }
    this.#rows.set(`${change.kind} ${change.id}`, change)
  }

  async #project(event: FacadeEvent): Promise<void> {
    const subject = event.after ?? event.before
    if (!subject) return
    const { stairwellId, roundId } = subject
    const key = facadeKey(stairwellId, roundId)
    const facade =
      this.#facades.get(key) ??
      (await this.#database.facades.get([stairwellId, roundId])) ??
      emptyFacade(stairwellId, roundId)
    applyToFacade(facade, event)
    this.#facades.set(key, facade)
  }

  /** Counts an event of this phone's own commands for its evening. What the server sends has counted it already. */
  async tally(event: FacadeEvent): Promise<void> {
    const owner = tallyOf(event)
    if (!owner) return
    const known = (await this.current('sessionTally', owner.sessionId)) as SessionTally | null
    const body = applyToTally(known ?? { id: owner.sessionId, ...owner, visits: {} }, event)
    await this.write({ kind: 'sessionTally', id: owner.sessionId, scope: memberScope(owner.memberId), body })
  }

  /** Writes everything in puts that live queries can follow. */
  async flush(): Promise<void> {
    const changes = [...this.#rows.values()]
    const puts: StoredRow[] = changes.flatMap(({ kind, id, scope, body }) =>
      body ? [{ kind, id, scope, body, generation: this.#generation }] : [],
    )
    const gone = changes.filter((change) => change.body === null)
    for (const slice of slices(puts)) await this.#database.records.bulkPut(slice)
    for (const slice of slices(gone)) {
      await this.#database.records.bulkDelete(slice.map(({ scope, kind, id }) => [scope, kind, id]))
    }
    for (const slice of slices([...this.#facades.values()])) await this.#database.facades.bulkPut(slice)
  }
}
