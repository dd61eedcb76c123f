import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What a line does to the bytes on it. Everything may be changed while connections are open. */
export interface Weather {
  /** Nobody gets through, and whoever is connected is cut off. */
  down: boolean
  /** Cuts the connection after so many more bytes towards the server, or towards the phone. */
  cutUpAfter: number | null
  cutDownAfter: number | null
  /** One way, ms. */
  latencyMs: number
  bytesPerS: number | null
  /** Somebody else answers every request, and the server never hears of it. */
  answeredBy: Buffer | null
  /** Changes what goes up, or comes down. */
  alterUp: ((bytes: Buffer) => Buffer) | null
  alterDown: ((bytes: Buffer) => Buffer) | null
}

const FINE: Weather = {
  down: false,
  cutUpAfter: null,
  cutDownAfter: null,
  latencyMs: 0,
  bytesPerS: null,
  answeredBy: null,
  alterUp: null,
  alterDown: null,
}
/** A slow line is shared by pieces of this size, bytes. */
const PIECE = 512

/** A line between phones and a server, byte by byte over real sockets. */
export class Wire {
  readonly #server: Server
  readonly #port: number
  readonly #open = new Set<Socket>()
  #weather: Weather = { ...FINE }
  /** Bytes that were let through since the weather last changed. */
  up = 0
  down = 0

  private constructor(server: Server, port: number) {
    this.#server = server
    this.#port = port
    server.on('connection', (phone) => this.#join(phone))
  }

  /** A line to `url`. */
  static async to(url: string): Promise<Wire> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Wire(server, Number(new URL(url).port))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Fine weather but for what is named. */
  become(weather: Partial<Weather> = {}): void {
    this.#weather = { ...FINE, ...weather }
    this.up = 0
    this.down = 0
    if (this.#weather.down) this.cut()
  }

  /** Cuts every connection off. */
  cut(): void {
    for (const socket of this.#open) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(phone: Socket): void {
    if (this.#weather.down) return void phone.destroy()
    const server = connect(this.#port, '127.0.0.1')
    for (const [one, other] of [
      [phone, server],
      [server, phone],
    ] as const) {
      this.#open.add(one)
      one.setNoDelay()
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#open.delete(one)
        other.destroy()
      })
    }
    const cut = () => (phone.destroy(), server.destroy())
    phone.on('data', (bytes) => {
      const { answeredBy, alterUp, cutUpAfter } = this.#weather
      if (answeredBy) return void phone.end(answeredBy)
      const sent = alterUp ? alterUp(bytes) : bytes
      this.#pass(server, cutUpAfter === null ? sent : sent.subarray(0, cutUpAfter - this.up), lineOf(phone))
      this.up += sent.length
      if (cutUpAfter !== null && this.up >= cutUpAfter) server.end(cut)
    })
    server.on('data', (bytes) => {
      const { alterDown, cutDownAfter } = this.#weather
      const sent = alterDown ? alterDown(bytes) : bytes
      this.#pass(phone, cutDownAfter === null ? sent : sent.subarray(0, cutDownAfter - this.down), lineOf(server))
      this.down += sent.length
      if (cutDownAfter !== null && this.down >= cutDownAfter) phone.end(cut)
    })
  }

  #pass(to: Socket, bytes: Buffer, line: { freeAt: number }): void {
    const { latencyMs, bytesPerS } = this.#weather
    if (bytes.length === 0) return
    if (latencyMs === 0 && bytesPerS === null) return void to.write(bytes)
    for (let from = 0; from < bytes.length; from += PIECE) {
      const piece = bytes.subarray(from, from + PIECE)
      const now = performance.now()
      line.freeAt = Math.max(now, line.freeAt) + (bytesPerS === null ? 0 : (piece.length * 1_000) / bytesPerS)
      setTimeout(() => to.destroyed || to.write(piece), line.freeAt - now + latencyMs)
    }
  }
}

const lines = new WeakMap<Socket, { freeAt: number }>()

/** When the direction that begins at this socket is free for the next piece. */
function lineOf(socket: Socket): { freeAt: number } {
  const line = lines.get(socket) ?? { freeAt: 0 }
  lines.set(socket, line)
  return line
}
