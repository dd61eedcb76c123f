import type { SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import { type ServerProcess, startServer } from '../harness/startServer.ts'
import { OWN_HEADERS, WireDevice } from '../harness/wireWorld.ts'
import { FaultPhone } from './FaultPhone.ts'
import { mustBeWhole, type Oracle } from './Oracle.ts'
import { freshQuarter, type Person, type Quarter } from './quarter.ts'
import { rowsIn } from './Rows.ts'

export interface Reply {
  status: number
  code: string | undefined
  retryAfter: string | null
  body: Partial<SyncAnswer>
}

/** A quarter, a real server on it, and a phone for each of its four members. */
export class Scene {
  readonly quarter: Quarter
  readonly oracle: Oracle
  readonly phones: readonly FaultPhone[]
  server: ServerProcess

  private constructor(quarter: Quarter, oracle: Oracle, server: ServerProcess, phones: FaultPhone[]) {
    this.quarter = quarter
    this.oracle = oracle
    this.server = server
    this.phones = phones
  }

  static async open(oracle: Oracle, env: Record<string, string> = {}, quarter?: Quarter): Promise<Scene> {
    const place = quarter ?? (await freshQuarter())
    const server = await startServer(place.dataDir, env)
    const phones = await Promise.all(place.members.map((one) => FaultPhone.open(one, place, oracle, server.url)))
    return new Scene(place, oracle, server, phones)
  }

  /** A phone of a member that says on the wire what it is told to say. */
  hand(person: Person = this.quarter.members[0]!): WireDevice {
    return new WireDevice(person.cookie, person.standing)
  }

  /** A knock as a phone would send it. */
  visit(hand: WireDevice, at = 0, person: Person = this.quarter.members[0]!): WireCommand {
    const { roundId } = this.quarter
    const stairwellId = person.stairwells[at % person.stairwells.length]!
    const where = { stairwellId, roundId, level: 1, label: '101' }
    return hand.command('visit/record', { ...where, outcome: 'met', sessionId: null }, { claimedAt: Date.now() })
  }

  /** Posts commands by hand. The oracle hears the answers. */
  async push(hand: WireDevice, commands: readonly unknown[], more: Record<string, unknown> = {}): Promise<Reply> {
    return this.post(hand.cookie, JSON.stringify(hand.request(commands, more)))
  }

  async post(cookie: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Reply> {
    const sent = { ...OWN_HEADERS, cookie: `qiaomen=${cookie}`, ...headers }
    const answer = await fetch(`${this.server.url}/api/sync`, { method: 'POST', headers: sent, body })
    const said = (await answer.json()) as Partial<SyncAnswer> & { code?: string }
    if (answer.status === 200) this.oracle.hear(said.answers ?? [])
    return { status: answer.status, code: said.code, retryAfter: answer.headers.get('retry-after'), body: said }
  }

  async status(path: string): Promise<number> {
    const answer = await fetch(this.server.url + path, {
      headers: { cookie: `qiaomen=${this.phones[0]!.person.cookie}` },
    })
    await answer.arrayBuffer()
    return answer.status
  }

  /** Ends the server with the fault, and starts one again on what it left. */
  async restart(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await this.server.stop(signal)
    this.server = await startServer(this.quarter.dataDir)
    for (const phone of this.phones) phone.url = this.server.url
  }

  /** Once the fault is over: all phones send what they hold, and all that was ever saved is there exactly once. */
  async settle(): Promise<string> {
    for (const phone of this.phones) {
      phone.url = this.server.url
      await phone.drain()
    }
    mustBeWhole(this.oracle.findAll(await rowsIn(this.quarter.dataDir)), 'at the end')
    const { saved, acknowledged, again } = this.oracle
    return `${saved.size} saved, ${acknowledged.size} acknowledged, ${again} answered again: 0 lost, 0 doubled`
  }

  async close(): Promise<void> {
    for (const phone of this.phones) phone.close()
    await this.server.stop('SIGKILL')
  }
}

/** Runs a fault in a scene of its own, and clears it away. */
export async function inScene(
  oracle: Oracle,
  run: (scene: Scene) => Promise<string>,
  env: Record<string, string> = {},
): Promise<string> {
  const scene = await Scene.open(oracle, env)
  try {
    return await run(scene)
  } finally {
    await scene.close()
  }
}
