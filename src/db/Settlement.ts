import type { Actor } from '../domain/command.ts'
import type { Scope } from '../domain/record.ts'
import type { LateAnswer } from '../domain/records/lateAnswer.ts'
import type { Answer, WireChange } from '../protocol/sync.ts'
import type { Database, OutboxEntry, PhoneState } from './database.ts'
import { RowWriter } from './overlay.ts'
import { PendingWork } from './PendingWork.ts'
import { purgeScopes } from './purge.ts'
import { Replay } from './Replay.ts'
import { TALLY } from './tallies.ts'
import { keyOf } from './touches.ts'

/**
 * The work of one transaction: put the server's rows under the phone's unsent commands, retire what was answered, and
 * have those commands run again that the page concerns (`Replay`).
 */
export class Settlement {
  readonly #database: Database
  readonly #state: PhoneState
  readonly #actor: Actor
  readonly #writer: RowWriter
  readonly #pending: PendingWork

  constructor(database: Database, state: PhoneState, actor: Actor) {
    this.#database = database
    this.#state = state
    this.#actor = actor
    this.#writer = new RowWriter(database, state.generation)
    this.#pending = new PendingWork(database, state.generation)
  }

  /** The entries that are done with, and that a restored server may need again. */
  get retired(): OutboxEntry[] {
    return [...this.#pending.removed].filter((entry) => entry.state === 'applied')
  }

  /** An entry is answered only here, in the transaction that stores the answer (SYNC-1). */
  async takeAnswers(answers: readonly Answer[]): Promise<void> {
    await this.#pending.loadIds(answers.map(({ id }) => id))
    const byId = new Map(this.#pending.entries().map((entry) => [entry.id, entry]))
    for (const answer of answers) {
      const entry = byId.get(answer.id)
      // A held command may be settled later, but what was settled is never held again: such an answer came late.
      if (!entry || entry.state === 'refused' || entry.state === 'applied') continue
      this.#pending.dirty.add(entry)
      if (answer.result === 'applied') Object.assign(entry, { state: 'applied', clock: answer.clock, until: null })
      if (answer.result === 'held') Object.assign(entry, { state: 'held', until: answer.until })
      if (answer.result === 'refused') this.#rollBack(entry, answer.code)
    }
  }

  #rollBack(entry: OutboxEntry, code: OutboxEntry['code']): void {
    Object.assign(entry, { state: 'refused', code, until: null })
    this.#pending.touch(entry)
    // It counted once and was erased since: there is nothing that its author could mend (SYNC-14).
    if (code === 'text_erased' && entry.offered) this.#pending.removed.add(entry)
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
      if (this.#pending.shadow(key)) this.#pending.setShadow({ kind, id, scope, body })
      else this.#writer.write({ kind, id, scope, body })
      this.#pending.touched.add(key)
    }
  }

  /** A hold was settled. An entry that was never answered waits for its own answer, or its number would be missing. */
  #takeLateAnswer(late: LateAnswer, clock: number): void {
    const entry = this.#pending.entries().find((candidate) => candidate.id === late.commandId)
    if (entry?.state !== 'held') return
    this.#pending.dirty.add(entry)
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
      this.#pending.setShadow({ kind, id, scope, body: null })
      // An evening is counted anew from what is unsent; documents stay as their author left them.
      if (kind === TALLY) this.#pending.touched.add(keyOf(shadow))
    }
  }

  /**
   * Optimistic rows retire when the cursor has passed the clock of their answer, and not before (SYNC-6).
   *
   * @param most how many go into one transaction
   * @returns whether there are more than that; they go in those that follow it
   */
  async retire(reached: number, most: number): Promise<boolean> {
    if (reached > 0) await this.#pending.loadApplied(reached, most + 1)
    for (const entry of this.#pending.entries()) {
      if (entry.state !== 'applied' || entry.clock === null || entry.clock > reached) continue
      if (this.#pending.removed.size === most) return true
      this.#pending.removed.add(entry)
      this.#pending.touch(entry)
    }
    return false
  }

  /** A full download has ended: what the server did not speak of in it, it does not have. */
  async forgetUnseen(): Promise<void> {
    await this.#pending.loadAllShadows()
    for (const { kind, id, scope, generation } of this.#pending.shadows()) {
      if (generation >= this.#state.generation) continue
      this.#pending.setShadow({ kind, id, scope, body: null })
      this.#pending.touched.add(keyOf({ kind, id }))
    }
  }

  /** Works out what the page concerns, and writes it all. */
  async finish(): Promise<void> {
    await new Replay(this.#database, this.#state, this.#actor, this.#writer, this.#pending).run()
  }
}
