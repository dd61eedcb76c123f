import pg from 'pg'
import type { ServerContext } from './context.ts'

const CHANNEL = 'qiaomen_poke'
/** Commits within this time are one message: a hint loses nothing by being late. */
const COALESCE_MS = 100
/** PostgreSQL takes 8,000 bytes in a message; a community's id is 20. */
const MOST_COMMUNITIES = 200
const FIRST_WAIT_MS = 500
const MOST_WAIT_MS = 30_000

interface Message {
  from: string
  communities: string[]
}

/**
 * Several servers on one PostgreSQL tell each other what was committed, so that a phone that listens to one of them
 * hears of what another one took in (SYNC-10).
 *
 * It speaks after the commit, never inside the transaction that wrote, and over a connection of its own: a NOTIFY in
 * that transaction would make all commits wait for each other. What is lost while the connection is down stays lost, and
 * that is harmless, because phones ask once a minute all the same.
 */
export class PokeRelay {
  readonly #url: string
  readonly #server: ServerContext
  readonly #name: string
  readonly #changed = new Set<string>()
  #client: pg.Client | null = null
  #sending: ReturnType<typeof setTimeout> | null = null
  #waiting: ReturnType<typeof setTimeout> | null = null
  #failures = 0
  #closed = false

  /** Begins to listen and to tell; a database that cannot be reached now is tried again and again. */
  constructor(url: string, server: ServerContext) {
    this.#url = url
    this.#server = server
    this.#name = Buffer.from(server.rng.bytes(9)).toString('base64url')
    server.pokes.on('poke', this.#note)
    void this.#connect()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#server.pokes.off('poke', this.#note)
    if (this.#sending) clearTimeout(this.#sending)
    if (this.#waiting) clearTimeout(this.#waiting)
    const client = this.#client
    this.#client = null
    await client?.end().catch(() => {})
  }

  readonly #note = (community: string): void => {
    if (!this.#client) return
    this.#changed.add(community)
    this.#sending ??= setTimeout(() => void this.#send(), COALESCE_MS)
  }

  async #send(): Promise<void> {
    this.#sending = null
    const changed = [...this.#changed]
    this.#changed.clear()
    for (let start = 0; start < changed.length; start += MOST_COMMUNITIES) {
      const message: Message = { from: this.#name, communities: changed.slice(start, start + MOST_COMMUNITIES) }
      // A connection that fails says so by itself.
      await this.#client?.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify(message)]).catch(() => {})
    }
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'qiaomen pokes', keepAlive: true })
    let isOver = false
    const over = () => {
      if (isOver) return
      isOver = true
      if (this.#client === client) this.#client = null
      void client.end().catch(() => {})
      this.#tryAgain()
    }
    client.on('error', over)
    client.on('end', over)
    client.on('notification', ({ payload }) => this.#hear(payload))
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
    } catch {
      over()
      return
    }
    if (this.#closed) return void client.end().catch(() => {})
    if (isOver) return
    this.#client = client
    this.#failures = 0
  }

  /** Waits twice as long each time, and never for the same time as the other servers. */
  #tryAgain(): void {
    if (this.#closed) return
    const most = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++)
    const [random] = this.#server.rng.bytes(1)
    this.#waiting = setTimeout(() => void this.#connect(), (most * (128 + random! / 2)) / 256)
  }

  /** Anybody who may write to the database may write here, so what makes no sense is dropped. */
  #hear(payload: string | undefined): void {
    try {
      const { from, communities } = JSON.parse(payload ?? '') as Message
      if (from === this.#name) return
      for (const community of communities) this.#server.pokes.emit('elsewhere', community)
    } catch {
      // A hint that cannot be read is a hint that was lost.
    }
  }
}
