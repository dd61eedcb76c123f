import type { Committed } from '../../db/commit.ts'
import { save } from '../../db/here.ts'
import { localDate } from '../../domain/times.ts'
import type { Args } from '../../domain/verbs.ts'
import { planEvening, type Evening } from './planEvening.ts'

/** Tonight's session as one screen knows it: looked up once, not at every door, and begun by the first deed. */
export class Tonight {
  #evening: Evening | null = null
  /** Grows when a deed is begun and when it is saved: what was looked up around either is old. */
  #turns = 0

  /** Looks the session up while nobody waits; one that has yet to begin is looked for again. */
  async look(roundId: string, moment: number): Promise<Evening> {
    const known = this.#evening
    if (known?.date === localDate(moment) && known.opening.length === 0) return known
    const turn = this.#turns
    const planned = await planEvening(roundId, moment)
    if (turn === this.#turns) this.#evening = planned
    return planned
  }

  /** Saves a deed that counts for tonight. @throws what `save` throws: then neither the deed nor the evening was saved */
  async save<V extends 'visit/record' | 'visit/no-entry'>(
    verb: V,
    args: Omit<Args<V>, 'sessionId'>,
    moment: number,
  ): Promise<Committed> {
    const known = this.#evening
    const evening = known?.date === localDate(moment) ? known : await this.look(args.roundId, moment)
    // After a failure nobody knows how things stand until they are looked up.
    this.#evening = null
    this.#turns++
    const committed = await save(verb, { ...args, sessionId: evening.sessionId } as Args<V>, evening.opening)
    this.#turns++
    if (committed.saved) this.#evening = { ...evening, opening: [] }
    return committed
  }
}
