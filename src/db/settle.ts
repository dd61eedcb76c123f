import type { Actor } from '../domain/command.ts'
import { isEventKind } from '../domain/kinds.ts'
import type { Change, Scope } from '../domain/record.ts'
import type { LateAnswer } from '../domain/records/lateAnswer.ts'
import { commandOf, type AnyCommand, type Verb } from '../domain/verbs.ts'
import { DAY_MS, LIMITS } from '../protocol/limits.ts'
import type { Answer, SyncAnswer, WireChange } from '../protocol/sync.ts'
import { readActor, readsOf, runCommand } from './commit.ts'
import { putPhone, readPhone, type Database, type OutboxEntry, type PhoneState } from './database.ts'
import { LocalFacts } from './localFacts.ts'
import { RowWriter, slices } from './overlay.ts'
import { changeOf, PendingWork, UNSEEN_AT_ONCE } from './PendingWork.ts'
import { purgeScopes, sweep } from './purge.ts'
import { scrubErased } from './scrub.ts'
import type { Seam } from './seam.ts'
import { countOn, TALLY, talliesOf, type Tallied } from './tallies.ts'
import { keyOf, writesOf } from './touches.ts'

export type Settled = 'stored' | 'stale'

/** Where the phone stood when it asked: a page and its answers belong to exactly this place. */
export type Asked = Pick<PhoneState, 'cursor' | 'incarnation' | 'generation'>

type Page = Pick<
  SyncAnswer,
  | 'epoch'
  | 'membership'
  | 'device'
  | 'answers'
  | 'changes'
  | 'dropScopes'
  | 'cursor'
  | 'reached'
  | 'more'
  | 'serverTime'
  | 'handoverKey'
>

/**
 * Stores what the server said. Answers and rows go in together with the cursor that they belong to; a page whose cursor
 * is no longer the one it was asked from is dropped, and so is one of an older membership (SYNC-6, SYNC-7). Dropping is
 * harmless: the same commands get the same answers again, and the page is asked for anew.
 *
 * @param asked where the phone stood when it sent the request
 * @param pulled whether the answer carries a page at all; a push-only answer moves no cursor
 */
export async function settle(
  database: Database,
  seam: Pick<Seam, 'clock'>,
  asked: Asked,
  page: Page,
  pulled: boolean,
): Promise<Settled> {
  const most = LIMITS.rowsPerTransaction
  // Answers go first: a late answer among the rows may be about a hold that is told in the same breath.
  let answers = page.answers
  for (; answers.length > most; answers = answers.slice(most)) {
    const told = { ...page, answers: answers.slice(0, most), dropScopes: [], changes: [] }
    const settled = await settleSlice(database, seam, asked, told, pulled ? 'rows' : 'answers')
    if (settled === 'stale') return settled
  }
  const early = pulled ? page.changes.slice(0, -most) : []
  let rest: Pick<Page, 'answers' | 'dropScopes'> = { answers, dropScopes: page.dropScopes }
  for (let start = 0; start < early.length; start += most) {
    const changes = early.slice(start, start + most)
    const settled = await settleSlice(database, seam, asked, { ...page, ...rest, changes }, 'rows')
    if (settled === 'stale') return settled
    rest = { answers: [], dropScopes: [] }
  }
  const last = { ...page, ...rest, changes: page.changes.slice(early.length) }
  let settled = await settleSlice(database, seam, asked, last, pulled ? 'page' : 'answers')
  const nothing = { ...page, answers: [], dropScopes: [], changes: [] }
  while (settled === 'more') settled = await settleSlice(database, seam, asked, nothing, 'retired')
  return settled
}

/**
 * `rows`: an early slice, the cursor stays. `page`: the last slice, the cursor moves. `retired`: the page is stored, and
 * more was answered up to it than one transaction takes. `answers`: no page at all.
 */
type Slice = 'rows' | 'page' | 'retired' | 'answers'

async function settleSlice(
  database: Database,
  seam: Pick<Seam, 'clock'>,
  asked: Asked,
  page: Page,
  slice: Slice,
): Promise<Settled | 'more'> {
  const { records, facades, outbox, shadow, sent: archive, phone } = database
  return database.transaction('rw', [records, facades, outbox, shadow, archive, phone], async () => {
    const state = await readPhone(database)
    if (!belongs(state, asked, page, slice)) return 'stale'
    const actor = await readActor(database, state, seam.clock.now() - state.offsetMs)
    const work = new Settlement(database, state, actor)
    await work.takeAnswers(page.answers)
    if (slice === 'rows' || slice === 'page') {
      if (page.dropScopes === null || page.dropScopes.length > 0) await work.drop(page.dropScopes)
      await work.takeRows(page.changes)
    }
    const sweeps = slice === 'page' && !page.more && state.sweeping
    const isMore = slice === 'page' || slice === 'retired' ? await work.retire(page.reached) : false
    if (sweeps) await work.forgetUnseen()
    await work.finish()
    if (sweeps) await sweep(database, state.generation)
    await work.keepSent(page.epoch, page.serverTime)
    await scrubErased(database, page.changes, work.retired)
    await putPhone(database, slice === 'retired' ? state : nextState(state, page, slice, seam.clock.now()))
    return isMore ? 'more' : 'stored'
  })
}

/** Whether an answer still belongs to the place this phone stands at. */
function belongs(state: PhoneState, asked: Asked, page: Page, slice: Slice): boolean {
  // A new incarnation or a new download has begun meanwhile: its answers may be of a history that is no more.
  if (state.incarnation !== asked.incarnation || state.generation !== asked.generation) return false
  if (slice === 'answers' || slice === 'retired') return true
  return state.cursor === asked.cursor && page.membership >= state.membership
}

function nextState(state: PhoneState, page: Page, slice: Slice, now: number): PhoneState {
  const seen = { ...state, device: page.device, matchCode: page.device === 'active' ? null : state.matchCode }
  // A phone that only pushes (it waits to be confirmed) must notice a restored server all the same (SYNC-8).
  if (slice === 'answers') return { ...seen, epoch: state.epoch ?? page.epoch }
  if (slice === 'rows') return seen
  const done = !page.more
  return {
    ...seen,
    epoch: page.epoch,
    cursor: page.cursor,
    membership: page.membership,
    reached: page.reached,
    offsetMs: now - page.serverTime,
    syncedAt: done ? page.serverTime : state.syncedAt,
    complete: state.complete || done,
    sweeping: state.sweeping && !done,
    ...(page.handoverKey === undefined ? {} : { handoverKey: page.handoverKey }),
  }
}

/**
 * The work of one transaction: put the server's rows under the phone's unsent commands, retire what was answered, and
 * run again only those commands that the page concerns.
 */
class Settlement {
  readonly #database: Database
  readonly #state: PhoneState
  readonly #actor: Actor
  readonly #writer: RowWriter
  readonly #pending: PendingWork
  readonly #touched = new Set<string>()
  readonly #removed = new Set<OutboxEntry>()
  readonly #dirty = new Set<OutboxEntry>()

  constructor(database: Database, state: PhoneState, actor: Actor) {
    this.#database = database
    this.#state = state
    this.#actor = actor
    this.#writer = new RowWriter(database, state.generation)
    this.#pending = new PendingWork(database)
  }

  /** An entry is answered only here, in the transaction that stores the answer (SYNC-1). */
  async takeAnswers(answers: readonly Answer[]): Promise<void> {
    await this.#pending.loadIds(answers.map(({ id }) => id))
    const byId = new Map(this.#pending.entries().map((entry) => [entry.id, entry]))
    for (const answer of answers) {
      const entry = byId.get(answer.id)
      // A held command may be settled later, but what was settled is never held again: such an answer came late.
      if (!entry || entry.state === 'refused' || entry.state === 'applied') continue
      this.#dirty.add(entry)
      if (answer.result === 'applied') Object.assign(entry, { state: 'applied', clock: answer.clock, until: null })
      if (answer.result === 'held') Object.assign(entry, { state: 'held', until: answer.until })
      if (answer.result === 'refused') this.#rollBack(entry, answer.code)
    }
  }

  #rollBack(entry: OutboxEntry, code: OutboxEntry['code']): void {
    Object.assign(entry, { state: 'refused', code, until: null })
    this.#touch(entry)
    // It counted once and was erased since: there is nothing that its author could mend (SYNC-14).
    if (code === 'text_erased' && entry.offered) this.#removed.add(entry)
  }

  /** What an entry wrote has to be worked out again. */
  #touch(entry: OutboxEntry): void {
    for (const key of writesOf(entry.changes)) this.#touched.add(key)
  }

  /** Rows that an unsent command stands on go below it; all others go straight in. */
  async takeRows(changes: readonly WireChange[]): Promise<void> {
    const lates = changes.flatMap(({ kind, body }) => (kind === 'lateAnswer' ? [body as LateAnswer | null] : []))
    await this.#pending.loadIds(lates.flatMap((late) => late?.commandId ?? []))
    await this.#pending.loadShadows(changes.map(keyOf))
    await this.#writer.load(changes)
    for (const change of changes) {
      const { kind, id, scope, body } = change
      if (kind === 'lateAnswer' && body) this.#takeLateAnswer(body as unknown as LateAnswer, change.clock)
      const key = keyOf(change)
      if (this.#pending.shadow(key)) this.#setShadow({ kind, id, scope, body })
      else this.#writer.write({ kind, id, scope, body })
      this.#touched.add(key)
    }
  }

  #setShadow(change: Change, generation = this.#state.generation): void {
    this.#pending.setShadow({ ...change, generation })
  }

  /** A hold was settled. An entry that was never answered waits for its own answer, or its number would be missing. */
  #takeLateAnswer(late: LateAnswer, clock: number): void {
    const entry = this.#pending.entries().find((candidate) => candidate.id === late.commandId)
    if (entry?.state !== 'held') return
    this.#dirty.add(entry)
    if (late.result === 'applied') Object.assign(entry, { state: 'applied', clock, until: null })
    else this.#rollBack(entry, late.code as OutboxEntry['code'])
  }

  /** A lost scope goes, but not what is in it and still on its way (SYNC-6). */
  async drop(scopes: readonly Scope[] | null): Promise<void> {
    await this.#pending.loadAllShadows()
    const standing = this.#pending.shadows().filter(({ scope }) => scopes === null || scopes.includes(scope))
    const unsent = new Set(standing.map(keyOf))
    await purgeScopes(this.#database, scopes, unsent)
    for (const shadow of this.#pending.shadows()) {
      if (scopes !== null && !scopes.includes(shadow.scope)) continue
      const { kind, id, scope } = shadow
      this.#setShadow({ kind, id, scope, body: null })
      // An evening is counted anew from what is unsent; documents stay as their author left them.
      if (kind === TALLY) this.#touched.add(keyOf(shadow))
    }
  }

  /**
   * Optimistic rows retire when the cursor has passed the clock of their answer, and not before (SYNC-6).
   *
   * @returns whether there are more than one transaction takes; they go in those that follow it
   */
  async retire(reached: number): Promise<boolean> {
    const most = LIMITS.rowsPerTransaction
    if (reached > 0) await this.#pending.loadApplied(reached, most + 1)
    for (const entry of this.#pending.entries()) {
      if (entry.state !== 'applied' || entry.clock === null || entry.clock > reached) continue
      if (this.#removed.size === most) return true
      this.#removed.add(entry)
      this.#touch(entry)
    }
    return false
  }

  /** A full download has ended: what the server did not speak of in it, it does not have. */
  async forgetUnseen(): Promise<void> {
    await this.#pending.loadAllShadows()
    for (const { kind, id, scope, generation } of this.#pending.shadows()) {
      if (generation >= this.#state.generation) continue
      this.#setShadow({ kind, id, scope, body: null })
      this.#touched.add(keyOf({ kind, id }))
    }
  }

  /** Of the entries that were called up, those that are on their way, in the order of the lane. */
  #live(): OutboxEntry[] {
    return this.#pending.entries().filter((entry) => entry.state !== 'refused' && !this.#removed.has(entry))
  }

  /** Restores the rows below what changed, runs the commands that meet them again, and writes it all. */
  async finish(): Promise<void> {
    const met = await this.#meeting()
    await this.#pending.loadShadows(this.#touched)
    const live = this.#live()
    const overlay = new Map<string, Change>()
    for (const key of this.#touched) {
      const shadow = this.#pending.shadow(key)
      if (shadow) overlay.set(key, changeOf(shadow))
    }
    this.#countEvenings(live, overlay)
    const seen = new Map([...this.#writer.rows, ...overlay])
    const facts = new LocalFacts(seen)
    const concerned = live.filter((entry) => met.has(entry))
    const again = concerned.filter((entry) => !isPureEvent(entry))
    // A few at a time: between two requests to the database a tap is heard.
    for (const few of slices(concerned)) {
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
    await this.#store(live)
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
    for (const key of this.#touched) {
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
    for (let known = -1; known < this.#touched.size;) {
      known = this.#touched.size
      await this.#pending.loadTouching(this.#touched)
      const looked: string[] = []
      for (const entry of this.#live()) {
        if (met.has(entry) || !this.#meets(entry)) continue
        met.add(entry)
        if (isPureEvent(entry)) continue
        this.#touch(entry)
        looked.push(...entry.reads.map(keyOf))
      }
      await this.#pending.loadShadows(looked)
      for (const key of looked) if (this.#pending.shadow(key)) this.#touched.add(key)
    }
    return met
  }

  #meets(entry: OutboxEntry): boolean {
    if (isPureEvent(entry)) return this.#touchedOf(entry).length > 0
    return [...writesOf(entry.changes), ...entry.reads.map(keyOf)].some((key) => this.#touched.has(key))
  }

  #touchedOf({ changes }: OutboxEntry): readonly Change[] {
    return changes.filter((change) => this.#touched.has(keyOf(change)))
  }

  /** Events stand as they are; documents are decided anew. A replay that refuses never removes the person's event. */
  #again(entry: OutboxEntry, facts: LocalFacts): readonly Change[] {
    const events = entry.changes.filter((change) => isEventKind(change.kind))
    const decision = runCommand(ruleOf(entry), entry, this.#actor, facts)
    if (!decision.accepted) return events
    const standing = new Set(events.map(keyOf))
    entry.changes = [...events, ...decision.changes.filter((change) => !standing.has(keyOf(change)))]
    this.#dirty.add(entry)
    return entry.changes
  }

  /** A row that nobody unsent wrote until this replay: what stands there is the server's. */
  async #shadowNew(again: readonly OutboxEntry[]): Promise<void> {
    const wrote = again.flatMap((entry) => [...entry.changes, ...talliesOf(entry.changes)])
    await this.#pending.loadShadows(wrote.map(keyOf))
    const written = wrote.filter((change) => !this.#pending.shadow(keyOf(change)))
    for (const slice of slices(written)) {
      const rows = await this.#database.records.bulkGet(slice.map(({ scope, kind, id }) => [scope, kind, id]))
      for (const [index, change] of slice.entries()) {
        const { kind, id, scope } = change
        this.#touched.add(keyOf(change))
        const page = this.#writer.rows.get(keyOf(change))
        const body = page ? page.body : (rows[index]?.body ?? null)
        this.#setShadow({ kind, id, scope, body }, page ? undefined : rows[index]?.generation)
      }
    }
  }

  async #store(live: readonly OutboxEntry[]): Promise<void> {
    const standing = new Set(live.flatMap(({ changes }) => writesOf(changes)))
    const isFree = (key: string) => this.#pending.shadow(key) !== undefined && !standing.has(key)
    const free = new Set([...this.#touched].filter(isFree))
    await this.#pending.store(this.#removed, this.#dirty, free)
  }

  /** The entries that are done with, and that a restored server may need again. */
  get retired(): OutboxEntry[] {
    return [...this.#removed].filter((entry) => entry.state === 'applied')
  }

  /** Keeps what was acknowledged for as long as a restored server may need it again (SYNC-8). */
  async keepSent(epoch: string, serverTime: number): Promise<void> {
    if (this.retired.length === 0) return
    const { sent } = this.#database
    const kept = this.retired.map(
      ({ seq, id, verb, version, args, claimedAt, offsetMs, after, clock, changes, reads }) => {
        const command = { id, verb, version, args, claimedAt, offsetMs, after }
        return { id, at: serverTime, order: seq!, epoch, clock: clock ?? 0, command, changes, reads }
      },
    )
    for (const slice of slices(kept, UNSEEN_AT_ONCE)) await sent.bulkPut(slice)
    await sent
      .where('at')
      .below(serverTime - LIMITS.reofferDays * DAY_MS)
      .delete()
  }
}

const ruleOf = (entry: OutboxEntry): AnyCommand => commandOf(entry.verb as Verb)

/** Nothing but what happened: it is not decided anew. */
function isPureEvent(entry: OutboxEntry): boolean {
  return entry.changes.length > 0 && entry.changes.every((change) => isEventKind(change.kind))
}
