import type { Database } from '../db/database.ts'
import type { Seam } from '../db/seam.ts'
import { LIMITS } from '../protocol/limits.ts'
import { Trouble } from '../remote/Trouble.ts'
import type { Reach } from './status.ts'
import { freshPace, synchronize, type CycleEnd, type Pace } from './synchronize.ts'

/** What the schedule tells its surroundings: how the last cycle ended, and whether one runs. */
export interface Report {
  (now: { reach: Reach; running: boolean; trouble: Trouble | null }): void
}

/** So often another window may be found at it, a minute long, before this one goes without the lock. */
const MOST_MISSED = 40

/**
 * When to sync (SYNC-10). Every trigger asks for the same thing, a cycle soon; a cycle that is under way is followed by
 * one more if something was asked meanwhile. A lock is held for the one cycle, never for longer.
 */
export class Schedule {
  readonly #database: Database
  readonly #seam: Seam
  readonly #report: Report
  readonly #appVersion: string
  readonly #pace: Pace = freshPace()
  #running = false
  #again = false
  #stopped = false
  #failures = 0
  /** How often in a row another window held the lock. */
  #missed = 0
  #cancel: () => void = () => {}
  /** Until when the server asked to be left alone, ms on this phone's clock. */
  #quietUntil = 0

  constructor(database: Database, seam: Seam, appVersion: string, report: Report) {
    this.#database = database
    this.#seam = seam
    this.#appVersion = appVersion
    this.#report = report
  }

  /** Asks for a cycle now. */
  request(): void {
    if (this.#stopped) return
    if (this.#running) {
      this.#again = true
      return
    }
    this.#cancel()
    const quietMs = this.#quietUntil - this.#seam.clock.now()
    // A clock that was set back must not turn a short wait into a long one.
    if (quietMs > 0 && quietMs <= LIMITS.backoffMostMs) {
      this.#cancel = this.#seam.timer.set(() => this.request(), quietMs)
      return
    }
    void this.#cycle()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  async #cycle(): Promise<void> {
    this.#running = true
    this.#again = false
    let wait: number
    try {
      wait = await this.#runLocked()
    } catch (error) {
      wait = this.#fail(error)
    }
    this.#running = false
    if (this.#stopped) return
    if (this.#again && this.#failures === 0) this.request()
    else this.#cancel = this.#seam.timer.set(() => this.request(), wait)
  }

  async #runLocked(): Promise<number> {
    const ended: { as: CycleEnd } = { as: 'synced' }
    const ran = await this.#seam.locks.tryHold(`sync ${this.#database.name}`, async () => {
      this.#report({ reach: 'unknown', running: true, trouble: null })
      ended.as = await synchronize(this.#database, this.#seam, this.#pace, this.#appVersion)
    })
    this.#failures = 0
    if (!ran && ++this.#missed < MOST_MISSED) return LIMITS.backoffFirstMs * (1 + this.#seam.rng.next())
    // A window that was frozen in the middle of a cycle keeps its lock; two at once are slower and still right.
    if (!ran) ended.as = await synchronize(this.#database, this.#seam, this.#pace, this.#appVersion)
    this.#missed = 0
    this.#report({ reach: ended.as === 'pending' ? 'pending' : 'online', running: false, trouble: null })
    // A phone that waits to be confirmed asks more often: somebody is standing beside it.
    const pollMs = ended.as === 'pending' ? LIMITS.pollMs / 20 : LIMITS.pollMs
    return pollMs * (0.75 + this.#seam.rng.next() / 2)
  }

  #fail(error: unknown): number {
    const trouble = error instanceof Trouble ? error : Object.assign(new Trouble('offline'), { cause: error })
    if (!(error instanceof Trouble)) console.error(error)
    this.#failures++
    this.#report({ reach: reachOf(trouble), running: false, trouble })
    if (trouble.retryAfterMs !== null) {
      const waitMs = Math.min(trouble.retryAfterMs, LIMITS.backoffMostMs)
      this.#quietUntil = this.#seam.clock.now() + waitMs
      return waitMs
    }
    const most = Math.min(LIMITS.backoffMostMs, LIMITS.backoffFirstMs * 2 ** (this.#failures - 1))
    return Math.max(LIMITS.backoffFirstMs / 2, this.#seam.rng.next() * most)
  }
}

function reachOf(trouble: Trouble): Reach {
  if (trouble.code === 'device_revoked') return 'revoked'
  if (trouble.code === 'unauthenticated' || trouble.code === 'token_superseded') return 'signedOut'
  if (trouble.code === 'protocol_too_old') return 'tooOld'
  return 'offline'
}
