import type { Seam } from '../../src/db/seam.ts'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import { Trouble } from '../../src/remote/Trouble.ts'
import type { Scheduler } from './Scheduler.ts'
import type { SimServer } from './SimServer.ts'

export interface NetFaults {
  /** Share of requests, and of answers, that are lost. */
  lost: number
  /** Share of requests that arrive twice. */
  doubled: number
  /** Shortest way, ms; the longest ones are hours. */
  leastMs: number
  /** The tail: 1.5 is mild, 0.6 is heavy. */
  tail: number
}

/** Whoever sends a request: it may die meanwhile, and learns things on the way. */
interface Caller {
  isAlive(): boolean
  /** The server's answer, whether or not it ever gets here. */
  answered(answer: NetAnswer | null): void
  /** Something came back, or the waiting is over. */
  heard(): void
}

/** The network of one phone: everything is lost, doubled, late and out of order, as the seed says. */
export class SimNet {
  readonly #name: string
  readonly #scheduler: Scheduler
  readonly #server: SimServer
  readonly #rng: Seam['rng']
  faults: NetFaults
  #last: { cookie: string; body: string } | null = null

  constructor(name: string, scheduler: Scheduler, server: SimServer, rng: Seam['rng'], faults: NetFaults) {
    this.#name = name
    this.#scheduler = scheduler
    this.#server = server
    this.#rng = rng
    this.faults = faults
  }

  /** The way to the server and back: lost, doubled, late and out of order, as the seed says. */
  post(cookie: string, body: string, phone: Caller): Promise<NetAnswer> {
    if (!phone.isAlive()) return Promise.reject(new Trouble('offline'))
    const { lost, doubled } = this.faults
    this.#last = { cookie, body }
    this.#scheduler.leave()
    return new Promise((resolve, reject) => {
      let done = false
      const finish = (settle: () => void) => {
        if (done) return
        done = true
        phone.heard()
        this.#scheduler.enter()
        // The code of a process that died goes on here until it touches its database, which is closed.
        settle()
      }
      const timeout = this.#scheduler.at(15_000 + this.#rng.next() * 20_000, () =>
        finish(() => reject(new Trouble('timeout'))),
      )
      const arrive = () => {
        void this.#scheduler.track(async () => {
          const answer = await this.#server.handle(cookie, body)
          this.#noteExchange(body, answer)
          phone.answered(answer)
          if (!answer || this.#rng.next() < lost) return
          this.#scheduler.at(this.#delay(), () => finish(() => (timeout(), resolve(answer))))
        })
      }
      if (this.#rng.next() >= lost) this.#scheduler.at(this.#delay(), arrive)
      if (this.#rng.next() < doubled) this.#scheduler.at(this.#delay() * 3, arrive)
    })
  }

  /** Somewhere on the way a request was kept, and goes on much later, when its sender has moved on. */
  sendLastAgain(withinMs: number): void {
    const last = this.#last
    if (!last) return
    this.#scheduler.at(this.#rng.next() * withinMs, () => {
      void this.#scheduler.track(async () => {
        this.#noteExchange(last.body, await this.#server.handle(last.cookie, last.body))
      })
    })
  }

  #noteExchange(body: string, answer: NetAnswer | null): void {
    const request = JSON.parse(body) as { commands: { n: number; id: string }[] }
    const sent = request.commands.map((command) => `${command.n}:${command.id.slice(0, 4)}`).join(' ')
    const got = (answer?.body ?? {}) as Record<string, unknown>
    const answers = ((got['answers'] ?? []) as { id: string; result: string; code?: string; clock?: number }[])
      .map((entry) => `${entry.id.slice(0, 4)}=${entry.code ?? entry.clock ?? entry.result}`)
      .join(' ')
    const rest = `reached=${String(got['reached'])} more=${String(got['more'])} lane=${JSON.stringify(got['lane'])}`
    const page = `changes=${((got['changes'] ?? []) as unknown[]).length} drop=${JSON.stringify(got['dropScopes'])}`
    this.#scheduler.note(
      `${this.#name} sent [${sent}] got ${answer?.status ?? 'nothing'} ${String(got['code'] ?? '')} [${answers}] ${page} ${rest}`,
    )
  }

  /** Heavy-tailed: most are quick, a few are hours late. */
  #delay(): number {
    const { leastMs, tail } = this.faults
    return Math.min(7_200_000, leastMs * (1 - this.#rng.next()) ** (-1 / tail))
  }
}
