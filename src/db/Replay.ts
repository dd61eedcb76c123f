import type { Actor } from '../domain/command.ts'
import { isEventKind } from '../domain/kinds.ts'
import type { Change } from '../domain/record.ts'
import { commandOf, type AnyCommand, type Verb } from '../domain/verbs.ts'
import { readsOf, runCommand } from './commit.ts'
import type { Database, OutboxEntry, PhoneState } from './database.ts'
import { LocalFacts } from './localFacts.ts'
import { slices, type RowWriter } from './overlay.ts'
import { changeOf, type PendingWork } from './PendingWork.ts'
import { countOn, TALLY, talliesOf, type Tallied } from './tallies.ts'
import { keyOf, writesOf } from './touches.ts'

/** Rules take their time on an old phone: ids are minted by a hash. */
const DECIDED_AT_ONCE = 5

/** Runs the unsent commands again that meet a row which has changed below them, on top of what the server says now. */
export class Replay {
  readonly #database: Database
  readonly #state: PhoneState
  readonly #actor: Actor
  readonly #writer: RowWriter
  readonly #pending: PendingWork

  constructor(database: Database, state: PhoneState, actor: Actor, writer: RowWriter, pending: PendingWork) {
    this.#database = database
    this.#state = state
    this.#actor = actor
    this.#writer = writer
    this.#pending = pending
  }

  /** Restores the rows below what changed, runs the commands that meet them again, and writes it all. */
  async run(): Promise<void> {
    const met = await this.#meeting()
    await this.#pending.loadShadows(this.#pending.touched)
    const live = this.#pending.live()
    const overlay = new Map<string, Change>()
    for (const key of this.#pending.touched) {
      const shadow = this.#pending.shadow(key)
      if (shadow) overlay.set(key, changeOf(shadow))
    }
    this.#countEvenings(live, overlay)
    const seen = new Map([...this.#writer.rows, ...overlay])
    const facts = new LocalFacts(seen)
    const concerned = live.filter((entry) => met.has(entry))
    const again = concerned.filter((entry) => !isPureEvent(entry))
    // A few at a time: between two requests to the database a tap is heard.
    for (const few of slices(concerned, DECIDED_AT_ONCE)) {
      const decided = few.filter((entry) => !isPureEvent(entry))
      const reads = decided.flatMap((entry) => readsOf(ruleOf(entry), entry, this.#actor))
      if (reads.length > 0) await facts.load(this.#database, this.#actor, this.#state.complete, reads)
      for (const entry of few) {
        for (const change of isPureEvent(entry) ? this.#touchedOf(entry) : this.#again(entry, facts)) {
          overlay.set(keyOf(change), change)
          seen.set(keyOf(change), change)
        }
      }
    }
    await this.#shadowNew(again)
    if (again.length > 0) this.#countEvenings(live, overlay)
    const news = await this.#otherThanStored(overlay)
    await this.#writer.load(news)
    for (const change of news) this.#writer.write(change, this.#generationOf(change))
    await this.#writer.flush()
    await this.#pending.store(this.#free(live))
  }

  /** Without what stands here already just so: mostly the server brings back what this phone had said. */
  async #otherThanStored(overlay: ReadonlyMap<string, Change>): Promise<Change[]> {
    const news: Change[] = []
    for (const slice of slices([...overlay.values()])) {
      const rows = await this.#database.records.bulkGet(slice.map(({ scope, kind, id }) => [scope, kind, id]))
      for (const [index, change] of slice.entries()) {
        const row = rows[index]
        const isStored =
          row?.generation === this.#generationOf(change) && JSON.stringify(row.body) === JSON.stringify(change.body)
        if (!isStored || this.#writer.rows.has(keyOf(change))) news.push(change)
      }
    }
    return news
  }

  #generationOf(change: Change): number {
    return this.#pending.shadow(keyOf(change))?.generation ?? this.#state.generation
  }

  /** Counts what is on its way on top of what the server counted, for every evening that was touched. */
  #countEvenings(live: readonly OutboxEntry[], overlay: Map<string, Change>): void {
    const tallied = new Map<string, Tallied[]>()
    for (const entry of live.flatMap(({ changes }) => talliesOf(changes))) {
      const evening = tallied.get(entry.id)
      if (evening) evening.push(entry)
      else tallied.set(entry.id, [entry])
    }
    for (const key of this.#pending.touched) {
      const shadow = this.#pending.shadow(key)
      if (shadow?.kind !== TALLY) continue
      const own = tallied.get(shadow.id) ?? []
      overlay.set(key, { ...changeOf(shadow), body: countOn(shadow.body, own) })
    }
  }

  /**
   * The entries that look at or write what was touched, and those that meet what these write in turn. A row that a met
   * entry only looks at is touched too when something unsent stands on it: the entry must see it as it was before that.
   * What only happened meets nothing but its own rows, because nothing else can change it.
   */
  async #meeting(): Promise<ReadonlySet<OutboxEntry>> {
    const met = new Set<OutboxEntry>()
    for (let known = -1; known < this.#pending.touched.size;) {
      known = this.#pending.touched.size
      await this.#pending.loadTouching(this.#pending.touched)
      const looked: string[] = []
      for (const entry of this.#pending.live()) {
        if (met.has(entry) || !this.#meets(entry)) continue
        met.add(entry)
        // An event that is offered again takes the place of a row that its evening may not have counted.
        if (isPureEvent(entry) && entry.offered) this.#pending.touch(entry)
        if (isPureEvent(entry)) continue
        this.#pending.touch(entry)
        looked.push(...entry.reads.map(keyOf))
      }
      await this.#pending.loadShadows(looked)
      for (const key of looked) if (this.#pending.shadow(key)) this.#pending.touched.add(key)
    }
    return met
  }

  #meets(entry: OutboxEntry): boolean {
    if (isPureEvent(entry)) return this.#touchedOf(entry).length > 0
    return [...writesOf(entry.changes), ...entry.reads.map(keyOf)].some((key) => this.#pending.touched.has(key))
  }

  #touchedOf({ changes }: OutboxEntry): readonly Change[] {
    return changes.filter((change) => this.#pending.touched.has(keyOf(change)))
  }

  /** Events stand as they are; documents are decided anew. A replay that refuses never removes the person's event. */
  #again(entry: OutboxEntry, facts: LocalFacts): readonly Change[] {
    const events = entry.changes.filter((change) => isEventKind(change.kind))
    const decision = runCommand(ruleOf(entry), entry, this.#actor, facts)
    if (!decision.accepted) return events
    const standing = new Set(events.map(keyOf))
    entry.changes = [...events, ...decision.changes.filter((change) => !standing.has(keyOf(change)))]
    this.#pending.dirty.add(entry)
    return entry.changes
  }

  /** A row that nobody unsent wrote until this replay: what stands there is the server's. */
  async #shadowNew(again: readonly OutboxEntry[]): Promise<void> {
    const wrote = again.flatMap((entry) => [...entry.changes, ...talliesOf(entry.changes)])
    await this.#pending.loadShadows(wrote.map(keyOf))
    // An evening that something else unsent stands on already is counted again as well.
    for (const change of wrote) this.#pending.touched.add(keyOf(change))
    const written = wrote.filter((change) => !this.#pending.shadow(keyOf(change)))
    for (const slice of slices(written)) {
      const rows = await this.#database.records.bulkGet(slice.map(({ scope, kind, id }) => [scope, kind, id]))
      for (const [index, change] of slice.entries()) {
        const { kind, id, scope } = change
        const page = this.#writer.rows.get(keyOf(change))
        const body = page ? page.body : (rows[index]?.body ?? null)
        this.#pending.setShadow({ kind, id, scope, body }, page ? undefined : rows[index]?.generation)
      }
    }
  }

  /** Keys of shadows that nothing unsent stands on any more. */
  #free(live: readonly OutboxEntry[]): ReadonlySet<string> {
    const standing = new Set(live.flatMap(({ changes }) => writesOf(changes)))
    const isFree = (key: string) => this.#pending.shadow(key) !== undefined && !standing.has(key)
    return new Set([...this.#pending.touched].filter(isFree))
  }
}

const ruleOf = (entry: OutboxEntry): AnyCommand => commandOf(entry.verb as Verb)

/** Nothing but what happened: it is not decided anew. */
function isPureEvent(entry: OutboxEntry): boolean {
  return entry.changes.length > 0 && entry.changes.every((change) => isEventKind(change.kind))
}
