import type { Database } from '../../src/db/database.ts'
import { Health, type SentinelStore } from '../../src/db/health.ts'
import type { Seam } from '../../src/db/seam.ts'
import type { Loss } from '../../src/domain/phoneHealth.ts'
import type { Scheduler } from './Scheduler.ts'

/** A look waits until nobody has tapped for so long, and not for ever, as `calm` in the app's seam. */
const CALM_MS = 500
const RESTLESS_MOST_MS = 30_000

/** Until the frame that shows a tap is drawn; the word that something was saved comes after it. */
const FRAME_MS = 16

/** What a window that watches the database is to the phone. */
interface Window {
  isAlive(): boolean
  /** Something was missing. */
  noticed(loss: Loss): void
  /** A look ended in an error while the window was there. */
  failed(error: unknown): void
}

/**
 * Watches the database of one window from outside of it, as `watchPhone` does in the app: the real sentinel, a string that
 * does not lie in the database. Every look comes a little after what it speaks of, and a window that dies meanwhile never
 * takes it. Nothing here draws from the dice of the evening, so that looks do not change what else befalls a phone.
 */
export class SimWatch {
  readonly #health: Health
  readonly #scheduler: Scheduler
  readonly #window: Window
  #asked = 0
  #restlessSince: number | null = null
  /** Resolves when what is here was compared with what was remembered: before that nothing may be sent. */
  readonly examined: Promise<void>

  constructor(
    database: Database,
    seam: Pick<Seam, 'clock' | 'rng'>,
    store: SentinelStore,
    who: Parameters<Health['examine']>[0],
    scheduler: Scheduler,
    window: Window,
  ) {
    this.#health = new Health(database, seam, store)
    this.#scheduler = scheduler
    this.#window = window
    this.examined = this.#calmly(async () => {
      const loss = await this.#health.examine(who)
      if (loss) window.noticed(loss)
    })
  }

  async #calmly(work: () => Promise<unknown>): Promise<void> {
    await this.#scheduler.track(work).catch((error: unknown) => {
      if (this.#window.isAlive()) this.#window.failed(error)
    })
  }

  #later(delayMs: number, run: () => void): void {
    this.#scheduler.aside(delayMs, () => {
      if (this.#window.isAlive()) run()
    })
  }

  saved(): void {
    this.#later(FRAME_MS, () => {
      this.#health.saved()
      const now = this.#scheduler.now
      this.#restlessSince ??= now
      const asked = ++this.#asked
      this.#later(Math.min(CALM_MS, this.#restlessSince + RESTLESS_MOST_MS - now), () => {
        if (asked !== this.#asked) return
        this.#restlessSince = null
        void this.#calmly(() => this.#health.look())
      })
    })
  }

  cycleEnded(): void {
    this.#later(0, () => void this.#calmly(() => this.#health.look(true)))
  }
}
