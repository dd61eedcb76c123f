/** A moment that this server has written down as its own: a bond, a grant. */
type Stamped = { from: number; until: number | null }

/**
 * The host's clock, never earlier than the bonds and grants that this server has already begun or ended. They were
 * stamped with its own time, so an earlier one is wrong: a host that comes up a day slow would otherwise find that nobody
 * is a member yet, and take every stairwell off every phone. Until the host's clock is right again it stands still.
 */
export class SteadyClock {
  readonly #host: () => number
  #least = 0

  /** @param host milliseconds, as the machine tells them */
  constructor(host: () => number = () => Date.now()) {
    this.#host = host
  }

  now(): number {
    return Math.max(this.#host(), this.#least)
  }

  /** Learns what is written down already. */
  follow(stamps: Iterable<Stamped>): void {
    for (const { from, until } of stamps) this.#least = Math.max(this.#least, from, until ?? 0)
  }
}
