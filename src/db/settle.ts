import type { Actor } from '../domain/command.ts'
import { isFacadeKind, type FacadeEvent } from '../domain/coverage/facade.ts'
import { isEventKind } from '../domain/kinds.ts'
import type { Change, Scope } from '../domain/record.ts'
import type { LateAnswer } from '../domain/records/lateAnswer.ts'
import type { Answer, SyncAnswer, WireChange } from '../protocol/sync.ts'
import { readActor, runCommand } from './commit.ts'
import { readPhone, type Database, type OutboxEntry, type PhoneState } from './database.ts'
import { RowWriter } from './overlay.ts'
import { purgeScopes, sweep } from './purge.ts'
import type { Seam } from './seam.ts'

/** A page of more rows than this is stored in several transactions, so that none holds the phone up (SYNC-7). */
const ROWS_A_TRANSACTION = 250

export type Settled = 'stored' | 'staleCursor' | 'staleMembership'

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
>

const keyOf = ({ kind, id }: { kind: string; id: string }): string => `${kind} ${id}`

/**
 * Stores what the server said. Answers and rows go in together with the cursor that they belong to; a page whose cursor
 * is no longer the one it was asked from is dropped, and so is one of an older membership (SYNC-6, SYNC-7).
 *
 * @param sent the cursor the page was asked from
 * @param pulled whether the answer carries a page at all; a push-only answer moves no cursor
 */
export async function settle(
  database: Database,
  seam: Pick<Seam, 'clock'>,
  sent: string | null,
  page: Page,
  pulled: boolean,
): Promise<Settled> {
  const early = pulled ? page.changes.slice(0, -ROWS_A_TRANSACTION) : []
  for (let start = 0; start < early.length; start += ROWS_A_TRANSACTION) {
    const changes = early.slice(start, start + ROWS_A_TRANSACTION)
    const rest = { answers: [], dropScopes: start === 0 ? page.dropScopes : [] }
    const settled = await settleSlice(database, seam, sent, { ...page, ...rest, changes }, 'rows')
    if (settled !== 'stored') return settled
  }
  const changes = page.changes.slice(early.length)
  const dropScopes = early.length > 0 ? [] : page.dropScopes
  return settleSlice(database, seam, sent, { ...page, changes, dropScopes }, pulled ? 'page' : 'answers')
}

/** `rows`: an early slice, the cursor stays. `page`: the last slice, the cursor moves. `answers`: no page at all. */
type Slice = 'rows' | 'page' | 'answers'

async function settleSlice(
  database: Database,
  seam: Pick<Seam, 'clock'>,
  sent: string | null,
  page: Page,
  slice: Slice,
): Promise<Settled> {
  const { records, facades, outbox, shadow, sent: archive, phone } = database
  return database.transaction('rw', [records, facades, outbox, shadow, archive, phone], async () => {
    const state = await readPhone(database)
    if (slice !== 'answers' && state.cursor !== sent) return 'staleCursor'
    if (slice !== 'answers' && page.membership < state.membership) return 'staleMembership'
    const actor = await readActor(database, state, seam.clock.now() - state.offsetMs)
    const work = new Settlement(database, state, actor)
    await work.begin()
    work.takeAnswers(page.answers)
    if (slice !== 'answers') {
      if (page.dropScopes === null || page.dropScopes.length > 0) await work.drop(page.dropScopes)
      await work.takeRows(page.changes)
    }
    if (slice === 'page') work.retire(page.reached, page.epoch, seam.clock.now())
    await work.finish()
    await phone.put(nextState(state, page, slice, seam.clock.now()))
    if (slice === 'page' && !page.more && state.sweeping) await sweep(database, state.generation)
    return 'stored'
  })
}

function nextState(state: PhoneState, page: Page, slice: Slice, now: number): PhoneState {
  const seen = { ...state, device: page.device, matchCode: page.device === 'active' ? null : state.matchCode }
  if (slice !== 'page') return seen
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
  readonly #touched = new Set<string>()
  readonly #shadows = new Map<string, Change>()
  readonly #tallies = new Set<string>()
  readonly #removed: OutboxEntry[] = []
  readonly #rolledBack: OutboxEntry[] = []
  readonly #dirty = new Set<OutboxEntry>()
  #archive: { epoch: string; now: number } | null = null
  #entries: OutboxEntry[] = []

  constructor(database: Database, state: PhoneState, actor: Actor) {
    this.#database = database
    this.#state = state
    this.#actor = actor
    this.#writer = new RowWriter(database, state.generation)
  }

  async begin(): Promise<void> {
    this.#entries = await this.#database.outbox.orderBy('seq').toArray()
    for (const { kind, id, scope, body } of await this.#database.shadow.toArray()) {
      this.#shadows.set(keyOf({ kind, id }), { kind, id, scope, body })
    }
  }

  /** An entry is answered only here, in the transaction that stores the answer (SYNC-1). */
  takeAnswers(answers: readonly Answer[]): void {
    const byId = new Map(this.#entries.map((entry) => [entry.id, entry]))
    for (const answer of answers) {
      const entry = byId.get(answer.id)
      if (!entry || entry.state === 'refused') continue
      this.#dirty.add(entry)
      if (answer.result === 'applied') Object.assign(entry, { state: 'applied', clock: answer.clock, until: null })
      if (answer.result === 'held') Object.assign(entry, { state: 'held', until: answer.until })
      if (answer.result === 'refused') this.#rollBack(entry, answer.code)
    }
  }

  #rollBack(entry: OutboxEntry, code: OutboxEntry['code']): void {
    Object.assign(entry, { state: 'refused', code, until: null })
    this.#rolledBack.push(entry)
    for (const change of entry.changes) this.#touched.add(keyOf(change))
  }

  /** Rows that an unsent command stands on go below it; all others go straight in. */
  async takeRows(changes: readonly WireChange[]): Promise<void> {
    for (const change of changes) {
      const { kind, id, scope, body } = change
      if (kind === 'lateAnswer' && body) this.#takeLateAnswer(body as unknown as LateAnswer, change.clock)
      if (kind === 'sessionTally') this.#tallies.add(id)
      const shadowed = this.#shadows.get(keyOf(change))
      if (!shadowed) {
        await this.#writer.write({ kind, id, scope, body })
      } else {
        shadowed.body = body
      }
      this.#touched.add(keyOf(change))
    }
  }

  #takeLateAnswer(late: LateAnswer, clock: number): void {
    const entry = this.#entries.find((candidate) => candidate.id === late.commandId)
    if (!entry || entry.state === 'refused') return
    this.#dirty.add(entry)
    if (late.result === 'applied') Object.assign(entry, { state: 'applied', clock, until: null })
    else this.#rollBack(entry, late.code as OutboxEntry['code'])
  }

  /** A lost scope goes, but not what is in it and still on its way (SYNC-6). */
  async drop(scopes: readonly Scope[] | null): Promise<void> {
    const unsent = new Set(this.#live().flatMap((entry) => entry.changes.map(keyOf)))
    await purgeScopes(this.#database, scopes, unsent)
    for (const shadowed of this.#shadows.values()) {
      if (scopes === null || scopes.includes(shadowed.scope)) shadowed.body = null
    }
  }

  /** Optimistic rows retire when the cursor has passed the clock of their answer, and not before (SYNC-6). */
  retire(reached: number, epoch: string, now: number): void {
    for (const entry of this.#entries) {
      if (entry.state !== 'applied' || entry.clock === null || entry.clock > reached) continue
      this.#removed.push(entry)
      for (const change of entry.changes) this.#touched.add(keyOf(change))
    }
    this.#archive = { epoch, now }
  }

  #live(): OutboxEntry[] {
    return this.#entries.filter((entry) => entry.state !== 'refused' && !this.#removed.includes(entry))
  }

  /** Restores the rows below what changed, runs the commands that meet them again, and writes it all. */
  async finish(): Promise<void> {
    for (const entry of this.#rolledBack) await this.#untally(entry)
    await this.#replay()
    await this.#retally()
    await this.#writer.flush()
    await this.#store()
  }

  async #untally(entry: OutboxEntry): Promise<void> {
    for (const { kind, body } of entry.changes) {
      if (isFacadeKind(kind)) await this.#writer.tally({ kind, before: body, after: null } as FacadeEvent)
    }
  }

  async #replay(): Promise<void> {
    const live = this.#live()
    const met = meeting(live, this.#touched)
    const overlay = new Map<string, Change>()
    for (const key of this.#touched) {
      const shadowed = this.#shadows.get(key)
      if (shadowed) overlay.set(key, { ...shadowed })
    }
    for (const entry of met) {
      for (const change of await this.#again(entry, overlay)) overlay.set(keyOf(change), change)
    }
    for (const change of overlay.values()) await this.#writer.write(change)
    const standing = new Set(live.flatMap((entry) => entry.changes.map(keyOf)))
    for (const [key, { kind, id }] of this.#shadows) {
      if (standing.has(key)) continue
      this.#shadows.delete(key)
      await this.#database.shadow.delete([kind, id])
    }
  }

  /** Events stand as they are; documents are decided anew. A replay that refuses never removes the person's event. */
  async #again(entry: OutboxEntry, overlay: ReadonlyMap<string, Change>): Promise<readonly Change[]> {
    const events = entry.changes.filter((change) => isEventKind(change.kind))
    if (events.length === entry.changes.length) return events
    const { decision } = await runCommand(this.#database, this.#state, this.#actor, entry, overlay)
    if (!decision.accepted) return events
    const decided = new Set(decision.changes.map(keyOf))
    entry.changes = [...events.filter((event) => !decided.has(keyOf(event))), ...decision.changes]
    this.#dirty.add(entry)
    return entry.changes
  }

  /** The server's tally does not know the visits that are still on their way; they are counted in again. */
  async #retally(): Promise<void> {
    if (this.#tallies.size === 0) return
    for (const entry of this.#live()) {
      for (const { kind, body } of entry.changes) {
        if (!isFacadeKind(kind)) continue
        const event = { kind, before: null, after: body } as FacadeEvent
        const sessionId = event.after?.sessionId
        if (sessionId && this.#tallies.has(sessionId)) await this.#writer.tally(event)
      }
    }
  }

  async #store(): Promise<void> {
    for (const { kind, id, scope, body } of this.#shadows.values()) {
      if (this.#touched.has(keyOf({ kind, id }))) await this.#database.shadow.put({ kind, id, scope, body })
    }
    await this.#database.outbox.bulkPut([...this.#dirty].filter((entry) => !this.#removed.includes(entry)))
    if (this.#removed.length === 0) return
    await this.#database.outbox.bulkDelete(this.#removed.map((entry) => entry.seq!))
    if (!this.#archive) return
    const { epoch, now } = this.#archive
    await this.#database.sent.bulkPut(
      this.#removed.map(({ id, verb, version, args, claimedAt, offsetMs, after, clock, changes, reads }) => {
        const command = { id, verb, version, args, claimedAt, offsetMs, after }
        return { id, at: now, epoch, clock: clock ?? 0, command, changes, reads }
      }),
    )
  }
}

/** The entries, in order, that look at or write what was touched, and those that meet what these write in turn. */
function meeting(entries: readonly OutboxEntry[], touched: Set<string>): OutboxEntry[] {
  const met = new Set<OutboxEntry>()
  for (let grew = true; grew;) {
    grew = false
    for (const entry of entries) {
      if (met.has(entry)) continue
      const keys = [...entry.changes.map(keyOf), ...entry.reads.map(keyOf)]
      if (!keys.some((key) => touched.has(key))) continue
      met.add(entry)
      for (const change of entry.changes) touched.add(keyOf(change))
      grew = true
    }
  }
  return entries.filter((entry) => met.has(entry))
}
