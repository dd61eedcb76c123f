import {
  applyToFacade,
  emptyFacade,
  facadeKey,
  isFacadeKind,
  type Facade,
  type FacadeEvent,
} from '../domain/coverage/facade.ts'
import type { Change } from '../domain/record.ts'
import type { Visit } from '../domain/records/visit.ts'
import type { Rows, StoredRow } from './rows.ts'

type Body = { id: string }

/** What every event of a façade says of its place. */
type Subject = Pick<Visit, 'stairwellId' | 'roundId'>

/**
 * Rows that are asked for or written in one breath. A put of 50 re-runs every live query of its table in Dexie; 49 take an
 * old phone 50 ms, in which a tap would wait.
 */
const ROWS_AT_ONCE = 20

export function* slices<T>(rows: readonly T[], size = ROWS_AT_ONCE): Generator<T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size)
}

/**
 * Collects what one transaction does to rows, and writes it at its end: records, and the façades that follow from them.
 * The façade is never written by a rule; it follows every visit row that appears, changes or goes.
 */
export class RowWriter {
  readonly #database: Rows
  readonly #generation: number
  readonly #rows = new Map<string, Change>()
  readonly #generations = new Map<string, number>()
  readonly #known = new Map<string, Body | null>()
  readonly #facades = new Map<string, Facade>()
  readonly #redrawn = new Set<string>()

  constructor(database: Rows, generation: number) {
    this.#database = database
    this.#generation = generation
  }

  /** Everything written so far, by `kind id`. */
  get rows(): ReadonlyMap<string, Change> {
    return this.#rows
  }

  /** The row as it stands in this transaction; what was not loaded may only be written over. */
  #current(kind: string, id: string): Body | null {
    const key = `${kind} ${id}`
    const pending = this.#rows.get(key)
    if (pending) return pending.body
    const known = this.#known.get(key)
    if (known === undefined) throw new Error(`${kind} was not loaded before it was written`)
    return known
  }

  /**
   * Reads, at once, everything that the projections of these changes will ask for: the rows below the events and
   * their façades. After it `write` never waits.
   */
  async load(changes: readonly Change[]): Promise<void> {
    const events = changes.filter(({ kind, id }) => isFacadeKind(kind) && !this.#known.has(`${kind} ${id}`))
    if (events.length === 0) return
    const subjectsOf = (bodies: readonly (Body | null)[]) => bodies.filter(Boolean) as unknown as Subject[]
    const [rows] = await Promise.all([
      this.#rowsBelow(events),
      this.#loadFacades(subjectsOf(events.map(({ body }) => body))),
    ])
    const before = rows.map((row) => row?.body ?? null)
    for (const [index, { kind, id }] of events.entries()) this.#known.set(`${kind} ${id}`, before[index] ?? null)
    await this.#loadFacades(subjectsOf(before))
  }

  async #rowsBelow(events: readonly Change[]): Promise<(StoredRow | undefined)[]> {
    const rows: (StoredRow | undefined)[] = []
    for (const slice of slices(events)) {
      const keys = slice.map(({ scope, kind, id }) => [scope, kind, id])
      rows.push(...(await this.#database.read('records', keys)))
    }
    return rows
  }

  async #loadFacades(subjects: readonly Subject[]): Promise<void> {
    const places = new Map(
      subjects.map(({ stairwellId, roundId }) => [facadeKey(stairwellId, roundId), [stairwellId, roundId]]),
    )
    const missing = [...places].filter(([key]) => !this.#facades.has(key))
    if (missing.length === 0) return
    const facades = await this.#database.read(
      'facades',
      missing.map(([, place]) => place),
    )
    for (const [index, [key, [stairwellId, roundId]]] of missing.entries()) {
      this.#facades.set(key, facades[index] ?? emptyFacade(stairwellId!, roundId!))
    }
  }

  /**
   * Takes a change in. Projections see the difference between what stood there and what stands there now.
   *
   * @param generation of a row that goes back to what the server last said of it, perhaps in an earlier download
   */
  write(change: Change, generation = this.#generation): void {
    if (isFacadeKind(change.kind)) {
      const before = this.#current(change.kind, change.id)
      this.#project({ kind: change.kind, before, after: change.body } as FacadeEvent)
    }
    this.#rows.set(`${change.kind} ${change.id}`, change)
    this.#generations.set(`${change.kind} ${change.id}`, generation)
  }

  #project(event: FacadeEvent): void {
    const subject = event.after ?? event.before
    if (!subject) return
    const key = facadeKey(subject.stairwellId, subject.roundId)
    const facade = this.#facades.get(key) ?? emptyFacade(subject.stairwellId, subject.roundId)
    applyToFacade(facade, event)
    this.#facades.set(key, facade)
    this.#redrawn.add(key)
  }

  /** Writes everything in puts that live queries can follow. */
  async flush(): Promise<void> {
    const changes = [...this.#rows.values()]
    const puts: StoredRow[] = changes.flatMap(({ kind, id, scope, body }) =>
      body ? [{ kind, id, scope, body, generation: this.#generations.get(`${kind} ${id}`) ?? this.#generation }] : [],
    )
    const gone = changes.filter((change) => change.body === null)
    await Promise.all([this.#storeRows(puts, gone), this.#storeFacades()])
  }

  async #storeRows(puts: readonly StoredRow[], gone: readonly Change[]): Promise<void> {
    for (const slice of slices(puts)) await this.#database.write('records', slice)
    for (const slice of slices(gone)) {
      const keys = slice.map(({ scope, kind, id }) => [scope, kind, id])
      await this.#database.remove('records', keys)
    }
  }

  async #storeFacades(): Promise<void> {
    const redrawn = [...this.#redrawn].flatMap((key) => this.#facades.get(key) ?? [])
    const isEmpty = (facade: Facade) => Object.keys(facade.doors).length === 0
    for (const slice of slices(redrawn.filter((facade) => !isEmpty(facade)))) {
      await this.#database.write('facades', slice)
    }
    // A façade that nothing is drawn on any more would tell of a stairwell that may be nobody's here.
    const blank = redrawn.filter(isEmpty)
    if (blank.length > 0) {
      const keys = blank.map(({ stairwellId, roundId }) => [stairwellId, roundId])
      await this.#database.remove('facades', keys)
    }
  }
}
