import type { Actor } from '../domain/command.ts'
import { isEventKind } from '../domain/kinds.ts'
import type { Change, Scope } from '../domain/record.ts'
import type { LateAnswer } from '../domain/records/lateAnswer.ts'
import { commandOf, type AnyCommand, type Verb } from '../domain/verbs.ts'
import { DAY_MS, LIMITS } from '../protocol/limits.ts'
import type { Answer, SyncAnswer, WireChange } from '../protocol/sync.ts'
import { readActor, readsOf, runCommand } from './commit.ts'
import { readPhone, type Database, type OutboxEntry, type PhoneState } from './database.ts'
import { LocalFacts } from './localFacts.ts'
import { RowWriter } from './overlay.ts'
import { purgeScopes, sweep } from './purge.ts'
import type { Seam } from './seam.ts'
import { countOn, TALLY, talliesOf } from './tallies.ts'

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

const keyOf = ({ kind, id }: { kind: string; id: string }): string => `${kind} ${id}`

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
  const early = pulled ? page.changes.slice(0, -most) : []
  // Answers go first: a late answer among the rows may be about a hold that is told in the same breath.
  let rest: Pick<Page, 'answers' | 'dropScopes'> = page
  for (let start = 0; start < early.length; start += most) {
    const changes = early.slice(start, start + most)
    const settled = await settleSlice(
      database,
      seam,
      asked,
      { ...page, answers: rest.answers, dropScopes: rest.dropScopes, changes },
      'rows',
    )
    if (settled !== 'stored') return settled
    rest = { answers: [], dropScopes: [] }
  }
  const { answers, dropScopes } = rest
  const last = { ...page, answers, dropScopes, changes: page.changes.slice(early.length) }
  return settleSlice(database, seam, asked, last, pulled ? 'page' : 'answers')
}

/** `rows`: an early slice, the cursor stays. `page`: the last slice, the cursor moves. `answers`: no page at all. */
type Slice = 'rows' | 'page' | 'answers'

async function settleSlice(
  database: Database,
  seam: Pick<Seam, 'clock'>,
  asked: Asked,
  page: Page,
  slice: Slice,
): Promise<Settled> {
  const { records, facades, outbox, shadow, sent: archive, phone } = database
  return database.transaction('rw', [records, facades, outbox, shadow, archive, phone], async () => {
    const state = await readPhone(database)
    if (!belongs(state, asked, page, slice)) return 'stale'
    const actor = await readActor(database, state, seam.clock.now() - state.offsetMs)
    const work = new Settlement(database, state, actor)
    await work.begin()
    work.takeAnswers(page.answers)
    if (slice !== 'answers') {
      if (page.dropScopes === null || page.dropScopes.length > 0) await work.drop(page.dropScopes)
      await work.takeRows(page.changes)
    }
    const sweeps = slice === 'page' && !page.more && state.sweeping
    if (slice === 'page') work.retire(page.reached)
    if (sweeps) work.forgetUnseen()
    await work.finish()
    if (sweeps) await sweep(database, state.generation)
    if (slice === 'page') await work.keepSent(page.epoch, page.serverTime)
    await phone.put(nextState(state, page, slice, seam.clock.now()))
    return 'stored'
  })
}

/** Whether an answer still belongs to the place this phone stands at. */
function belongs(state: PhoneState, asked: Asked, page: Page, slice: Slice): boolean {
  // A new incarnation or a new download has begun meanwhile: its answers may be of a history that is no more.
  if (state.incarnation !== asked.incarnation || state.generation !== asked.generation) return false
  if (slice === 'answers') return true
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

type Shadow = Change & { generation: number }

/**
 * The work of one transaction: put the server's rows under the phone's unsent commands, retire what was answered, and
 * run again only those commands that the page concerns.
 */
class Settlement {
  readonly #database: Database
  readonly #state: PhoneState
  readonly #actor: Actor
  readonly #writer: RowWriter
  readonly #touched = new Set<string>()
  readonly #shadows = new Map<string, Shadow>()
  /** Shadows that must be stored again. */
  readonly #shadowed = new Set<string>()
  readonly #removed = new Set<OutboxEntry>()
  readonly #dirty = new Set<OutboxEntry>()
  #entries: OutboxEntry[] = []

  constructor(database: Database, state: PhoneState, actor: Actor) {
    this.#database = database
    this.#state = state
    this.#actor = actor
    this.#writer = new RowWriter(database, state.generation)
  }

  async begin(): Promise<void> {
    this.#entries = await this.#database.outbox.orderBy('seq').toArray()
    for (const row of await this.#database.shadow.toArray()) this.#shadows.set(keyOf(row), row)
  }

  /** An entry is answered only here, in the transaction that stores the answer (SYNC-1). */
  takeAnswers(answers: readonly Answer[]): void {
    const byId = new Map(this.#entries.map((entry) => [entry.id, entry]))
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
  }

  /** What an entry wrote has to be worked out again. */
  #touch(entry: OutboxEntry): void {
    for (const key of writesOf(entry)) this.#touched.add(key)
  }

  /** Rows that an unsent command stands on go below it; all others go straight in. */
  async takeRows(changes: readonly WireChange[]): Promise<void> {
    await this.#writer.load(changes)
    for (const change of changes) {
      const { kind, id, scope, body } = change
      if (kind === 'lateAnswer' && body) this.#takeLateAnswer(body as unknown as LateAnswer, change.clock)
      const key = keyOf(change)
      if (this.#shadows.has(key)) this.#setShadow({ kind, id, scope, body })
      else this.#writer.write({ kind, id, scope, body })
      this.#touched.add(key)
    }
  }

  #setShadow(change: Change, generation = this.#state.generation): void {
    this.#shadows.set(keyOf(change), { ...change, generation })
    this.#shadowed.add(keyOf(change))
  }

  /** A hold was settled. An entry that was never answered waits for its own answer, or its number would be missing. */
  #takeLateAnswer(late: LateAnswer, clock: number): void {
    const entry = this.#entries.find((candidate) => candidate.id === late.commandId)
    if (entry?.state !== 'held') return
    this.#dirty.add(entry)
    if (late.result === 'applied') Object.assign(entry, { state: 'applied', clock, until: null })
    else this.#rollBack(entry, late.code as OutboxEntry['code'])
  }

  /** A lost scope goes, but not what is in it and still on its way (SYNC-6). */
  async drop(scopes: readonly Scope[] | null): Promise<void> {
    const unsent = new Set(this.#live().flatMap((entry) => entry.changes.map(keyOf)))
    await purgeScopes(this.#database, scopes, unsent)
    for (const shadow of [...this.#shadows.values()]) {
      if (scopes !== null && !scopes.includes(shadow.scope)) continue
      const { kind, id, scope } = shadow
      this.#setShadow({ kind, id, scope, body: null })
      // An evening is counted anew from what is unsent; documents stay as their author left them.
      if (kind === TALLY) this.#touched.add(keyOf(shadow))
    }
  }

  /** Optimistic rows retire when the cursor has passed the clock of their answer, and not before (SYNC-6). */
  retire(reached: number): void {
    for (const entry of this.#entries) {
      if (entry.state !== 'applied' || entry.clock === null || entry.clock > reached) continue
      this.#removed.add(entry)
      this.#touch(entry)
    }
  }

  /** A full download has ended: what the server did not speak of in it, it does not have. */
  forgetUnseen(): void {
    for (const { kind, id, scope, generation } of [...this.#shadows.values()]) {
      if (generation >= this.#state.generation) continue
      this.#setShadow({ kind, id, scope, body: null })
      this.#touched.add(keyOf({ kind, id }))
    }
  }

  #live(): OutboxEntry[] {
    return this.#entries.filter((entry) => entry.state !== 'refused' && !this.#removed.has(entry))
  }

  /** Restores the rows below what changed, runs the commands that meet them again, and writes it all. */
  async finish(): Promise<void> {
    const live = this.#live()
    const met = this.#meeting(live)
    const overlay = new Map<string, Change>()
    for (const key of this.#touched) {
      const shadow = this.#shadows.get(key)
      if (shadow) overlay.set(key, changeOf(shadow))
    }
    this.#countEvenings(live, overlay)
    const seen = new Map([...this.#writer.rows, ...overlay])
    const facts = new LocalFacts(seen)
    const again = live.filter((entry) => met.has(entry) && !isPureEvent(entry))
    const reads = again.flatMap((entry) => readsOf(ruleOf(entry), entry, this.#actor))
    await facts.load(this.#database, this.#actor, this.#state.complete, reads)
    for (const entry of live) {
      if (!met.has(entry)) continue
      for (const change of isPureEvent(entry) ? entry.changes : this.#again(entry, facts)) {
        overlay.set(keyOf(change), change)
        seen.set(keyOf(change), change)
      }
    }
    await this.#shadowNew(again)
    this.#countEvenings(live, overlay)
    await this.#writer.load([...overlay.values()])
    for (const [key, change] of overlay) this.#writer.write(change, this.#shadows.get(key)?.generation)
    await this.#writer.flush()
    await this.#store(live)
  }

  /** Counts what is on its way on top of what the server counted, for every evening that was touched. */
  #countEvenings(live: readonly OutboxEntry[], overlay: Map<string, Change>): void {
    const tallied = live.flatMap((entry) => talliesOf(entry.changes))
    for (const key of this.#touched) {
      const shadow = this.#shadows.get(key)
      if (shadow?.kind !== TALLY) continue
      const own = tallied.filter((entry) => entry.id === shadow.id)
      overlay.set(key, { ...changeOf(shadow), body: countOn(shadow.body, own) })
    }
  }

  /**
   * The entries that look at or write what was touched, and those that meet what these write in turn. A row that a met
   * entry only looks at is touched too when something unsent stands on it: the entry must see it as it was before that.
   */
  #meeting(live: readonly OutboxEntry[]): Set<OutboxEntry> {
    const met = new Set<OutboxEntry>()
    for (let grew = true; grew;) {
      grew = false
      for (const entry of live) {
        if (met.has(entry)) continue
        const reads = entry.reads.map(keyOf)
        if (![...writesOf(entry), ...reads].some((key) => this.#touched.has(key))) continue
        met.add(entry)
        this.#touch(entry)
        for (const key of reads) if (this.#shadows.has(key)) this.#touched.add(key)
        grew = true
      }
    }
    return met
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
    const written = wrote.filter((change) => !this.#shadows.has(keyOf(change)))
    const rows = await this.#database.records.bulkGet(written.map(({ scope, kind, id }) => [scope, kind, id]))
    for (const [index, change] of written.entries()) {
      const { kind, id, scope } = change
      this.#touched.add(keyOf(change))
      const page = this.#writer.rows.get(keyOf(change))
      const body = page ? page.body : (rows[index]?.body ?? null)
      this.#setShadow({ kind, id, scope, body }, page ? undefined : rows[index]?.generation)
    }
  }

  async #store(live: readonly OutboxEntry[]): Promise<void> {
    const standing = new Set(live.flatMap(writesOf))
    const free = [...this.#shadows].filter(([key]) => !standing.has(key))
    for (const [key] of free) this.#shadows.delete(key)
    await this.#database.shadow.bulkDelete(free.map(([, { kind, id }]) => [kind, id]))
    await this.#database.shadow.bulkPut([...this.#shadowed].flatMap((key) => this.#shadows.get(key) ?? []))
    await this.#database.outbox.bulkPut([...this.#dirty].filter((entry) => !this.#removed.has(entry)))
    await this.#database.outbox.bulkDelete([...this.#removed].map((entry) => entry.seq!))
  }

  /** Keeps what was acknowledged for as long as a restored server may need it again (SYNC-8). */
  async keepSent(epoch: string, serverTime: number): Promise<void> {
    if (this.#removed.size === 0) return
    await this.#database.sent.bulkPut(
      [...this.#removed].map(({ seq, id, verb, version, args, claimedAt, offsetMs, after, clock, changes, reads }) => {
        const command = { id, verb, version, args, claimedAt, offsetMs, after }
        return { id, at: serverTime, order: seq!, epoch, clock: clock ?? 0, command, changes, reads }
      }),
    )
    await this.#database.sent
      .where('at')
      .below(serverTime - LIMITS.reofferDays * DAY_MS)
      .delete()
  }
}

/** The rows that an entry wrote, its evenings among them. */
function writesOf({ changes }: OutboxEntry): string[] {
  return [...changes, ...talliesOf(changes)].map(keyOf)
}

const ruleOf = (entry: OutboxEntry): AnyCommand => commandOf(entry.verb as Verb)

/** Nothing but what happened: it is not decided anew. */
function isPureEvent(entry: OutboxEntry): boolean {
  return entry.changes.length > 0 && entry.changes.every((change) => isEventKind(change.kind))
}

function changeOf({ kind, id, scope, body }: Change): Change {
  return { kind, id, scope, body }
}
