import { createHash } from 'node:crypto'
import type { Seam } from '../../src/db/seam.ts'

interface Event {
  at: number
  seq: number
  run: () => void
  /** No dice are thrown over it. */
  isAside: boolean
}

/** One turn of Node's event loop: whatever IndexedDB has queued moves one step. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * One virtual time for everything. Events run in the order of their time; work that an event starts is counted while it
 * is on the processor and not while it waits for the network, so that the scheduler knows when all is quiet. Sometimes,
 * as the seed says, the next event does not wait for that: this is where a crash falls between two awaits.
 */
export class Scheduler {
  readonly #rng: Seam['rng']
  readonly #queue: Event[] = []
  readonly #trace = createHash('sha256')
  #seq = 0
  #busy = 0
  now = 0
  /** Set in the quiet phase: every event then waits for the one before. */
  calm = false

  constructor(rng: Seam['rng']) {
    this.#rng = rng
  }

  /** Runs something later, ms of virtual time from now. @returns how to call it off */
  at(delayMs: number, run: () => void): () => void {
    return this.#add(delayMs, run, false)
  }

  /** Runs something later that only watches: whether it is there does not change what befalls the others. */
  aside(delayMs: number, run: () => void): void {
    this.#add(delayMs, run, true)
  }

  #add(delayMs: number, run: () => void, isAside: boolean): () => void {
    const event = { at: this.now + Math.max(0, delayMs), seq: this.#seq++, run, isAside }
    let low = 0
    let high = this.#queue.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#queue[middle]!
      if (other.at < event.at || (other.at === event.at && other.seq < event.seq)) low = middle + 1
      else high = middle
    }
    this.#queue.splice(low, 0, event)
    return () => {
      const index = this.#queue.indexOf(event)
      if (index >= 0) this.#queue.splice(index, 1)
    }
  }

  /** Writes a line into the trace, whose hash says whether two runs were the same. */
  note(line: string): void {
    this.#trace.update(`${this.now} ${line}\n`)
    if (process.env['SIMULATION_TRACE']) process.stdout.write(`${(this.now / 1000).toFixed(3)} ${line}\n`)
  }

  traceHash(): string {
    return this.#trace.copy().digest('hex').slice(0, 16)
  }

  enter(): void {
    this.#busy++
  }

  leave(): void {
    this.#busy--
  }

  /** Counts a piece of work as busy until it is done. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.enter()
    try {
      return await work()
    } finally {
      this.leave()
    }
  }

  async untilIdle(): Promise<void> {
    for (let turns = 0; this.#busy > 0; turns++) {
      if (turns > 200_000) throw new Error('the simulation does not come to rest')
      await turn()
    }
  }

  /** Runs events until there are none left or the time is up. `afterRest` is called whenever all is quiet. */
  async run(untilMs: number, afterRest: () => Promise<void>): Promise<void> {
    if (this.calm) await this.untilIdle()
    while (this.#queue.length > 0 && this.#queue[0]!.at <= untilMs) {
      const event = this.#queue.shift()!
      this.now = Math.max(this.now, event.at)
      event.run()
      if (event.isAside && !this.calm) continue
      if (!this.calm && this.#rng.next() < 0.3) {
        for (let turns = Math.floor(this.#rng.next() * 12); turns > 0; turns--) await turn()
        continue
      }
      await this.untilIdle()
      await afterRest()
    }
    await this.untilIdle()
    await afterRest()
    this.now = Math.max(this.now, untilMs)
  }
}
