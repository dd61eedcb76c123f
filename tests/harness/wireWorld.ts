import { EventEmitter } from 'node:events'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { mintId } from '../../src/domain/hash.ts'
import type { Role } from '../../src/domain/records/member.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { Answer, SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { createServer } from '../../sync-server/server.ts'
import { firstCommunity, makeEntryLink } from '../../sync-server/start.ts'
import { openStorage, type StorageOptions } from '../../sync-server/storage/openStorage.ts'
import { startClock } from '../../sync-server/storage/records.ts'
import { HandClock, seededRng } from './world.ts'

let idsMade = 0
/** A fresh id; unique in this process. */
export const freshId = (): string => mintId('wire', String(process.pid), String(idsMade++))

/** What our own page sends beside a body. */
export const OWN_HEADERS = { 'content-type': 'application/json', 'x-qiaomen': '1', 'sec-fetch-site': 'same-origin' }

/** A device that speaks the wire by hand: it sends exactly what the test says, and keeps nothing but its number. */
export class WireDevice {
  readonly cookie: string
  readonly standing: Standing
  readonly id: string
  incarnation = freshId()
  n = 0

  constructor(cookie: string, standing: Standing) {
    this.cookie = cookie
    this.standing = standing
    this.id = standing.deviceId
  }

  /** The next command of its lane. `more` replaces what is said beside the arguments. */
  command(verb: string, args: unknown, more: Record<string, unknown> = {}): WireCommand {
    const claimedAt = this.standing.serverTime
    const said = { n: ++this.n, id: freshId(), verb, version: 1, claimedAt, offsetMs: 0, after: null, args }
    return { ...said, ...more } as WireCommand
  }

  /** The body of `POST /api/sync`. Nothing is pulled unless `more` says so. */
  request(commands: readonly unknown[] = [], more: Record<string, unknown> = {}): Record<string, unknown> {
    const place = { protocol: 1, device: this.id, incarnation: this.incarnation, epoch: null, cursor: null }
    return { ...place, membership: 0, commands, unsent: 0, appVersion: 'test', pull: false, ...more }
  }
}

/** One street: a stairwell for each of two teams, in one open round. */
export interface Street {
  roundId: string
  teamIds: [string, string]
  stairwellIds: [string, string]
}

/** The commands that lay a street out. Their answers are the caller's to look at. */
export function layOutStreet(officer: WireDevice): { street: Street; commands: WireCommand[] } {
  const community = officer.standing.community.id
  const [roundId, ...teamIds] = [freshId(), freshId(), freshId()] as [string, string, string]
  const buildings = ['1栋', '2栋'] as const
  const stairwellIds = buildings.map((building) => mintStairwellId(community, '华兴苑', building, 'A梯'))
  const floors = [1, 2].map((level) => ({ level, label: String(level) }))
  const doors = ['101', '102', '201', '202'].map((label, at) => {
    return { label, level: Math.floor(at / 2) + 1, kind: 'home', column: at % 2 }
  })
  const round = { roundId, baseRevision: 0, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'open' }
  const grant = { roundId, baseRevision: 0, memberIds: [], leaseUntil: null }
  const commands = [
    officer.command('round/save', round),
    ...teamIds.map((teamId, at) => officer.command('team/save', { teamId, baseRevision: 0, name: `${at + 1}队` })),
    ...buildings.map((building) =>
      officer.command('roster/import-stairwell', { estate: '华兴苑', building, stairwell: 'A梯', floors, doors }),
    ),
    ...stairwellIds.map((stairwellId, at) =>
      officer.command('assignment/save', { ...grant, stairwellId, teamId: teamIds[at] }),
    ),
  ]
  const street = { roundId, teamIds, stairwellIds: stairwellIds as [string, string] }
  return { street, commands }
}

export interface Sending {
  cookie?: string | undefined
  headers?: Record<string, string | undefined>
  /** Another address, so that the tries of one test do not count for the next. */
  from?: string
  query?: string
}

/** The real server behind its HTTP envelope, without a socket, on any database. */
export class WireWorld {
  readonly context: ServerContext
  readonly app: FastifyInstance
  readonly clock: HandClock
  readonly community: string
  /** What the operator would have been told. */
  readonly faults: unknown[]
  #addresses = 0

  private constructor(
    context: ServerContext,
    app: FastifyInstance,
    clock: HandClock,
    community: string,
    faults: unknown[],
  ) {
    this.context = context
    this.app = app
    this.clock = clock
    this.community = community
    this.faults = faults
  }

  static async open(options: StorageOptions, how: { secure?: boolean } = {}): Promise<WireWorld> {
    const storage = await openStorage(options)
    const clock = new HandClock()
    const faults: unknown[] = []
    const onFault = (error: unknown) => void faults.push(error)
    const pokes = new EventEmitter().setMaxListeners(0)
    const context = { storage, clock, rng: seededRng(7), secret: 'secret', pokes, onFault }
    const community = await firstCommunity(context)
    const app = await createServer(context, { secure: how.secure ?? false })
    return new WireWorld(context, app, clock, community, faults)
  }

  get db() {
    return this.context.storage.db
  }

  /** One POST as our own page sends it, unless `sending` says otherwise; a header that is `undefined` is left out. */
  async post(url: string, body: unknown, sending: Sending = {}): Promise<LightMyRequestResponse> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined
    const headers = Object.entries({ ...OWN_HEADERS, cookie: cookieHeader(sending.cookie), ...sending.headers })
    return this.app.inject({
      method: 'POST',
      url: url + (sending.query ?? ''),
      payload: raw ? (body as string) : JSON.stringify(body),
      headers: Object.fromEntries(headers.filter(([, value]) => value !== undefined)),
      remoteAddress: sending.from ?? this.#newAddress(),
    })
  }

  async get(url: string, sending: Sending = {}): Promise<LightMyRequestResponse> {
    const headers = Object.entries({ cookie: cookieHeader(sending.cookie), ...sending.headers })
    const given = Object.fromEntries(headers.filter(([, value]) => value !== undefined))
    return this.app.inject({ method: 'GET', url, headers: given, remoteAddress: this.#newAddress() })
  }

  /** Sends commands and gives their answers back. @throws when the envelope is refused */
  async push(device: WireDevice, commands: readonly unknown[]): Promise<Answer[]> {
    return (await this.sync(device, commands)).answers
  }

  async sync(
    device: WireDevice,
    commands: readonly unknown[],
    more: Record<string, unknown> = {},
  ): Promise<SyncAnswer> {
    const answer = await this.post('/api/sync', device.request(commands, more), { cookie: device.cookie })
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${answer.body}`)
    return answer.json<SyncAnswer>()
  }

  /** Lets a person in by a one-time link of the operator. */
  async enter(who: { role: Role; team?: string | null; name?: string; community?: string }): Promise<WireDevice> {
    const community = who.community ?? this.community
    const link = await makeEntryLink(this.context, community, { role: who.role, team: who.team ?? null })
    const person = { secret: link, name: who.name ?? who.role, community: '石榴桥社区', deviceName: '测试机' }
    return deviceOf(await this.post('/api/enter', person))
  }

  /** Lays a street out by the hand of an officer. @throws when a command of it is not applied */
  async street(officer: WireDevice): Promise<Street> {
    const { street, commands } = layOutStreet(officer)
    for (const answer of await this.push(officer, commands)) {
      if (answer.result !== 'applied') throw new Error(JSON.stringify(answer))
    }
    return street
  }

  /** Another community on the same database, with nobody in it yet. */
  async otherCommunity(): Promise<string> {
    const community = freshId()
    await this.context.storage.transaction((trx) => startClock(trx, community, freshId()))
    return community
  }

  async close(): Promise<void> {
    await this.app.close()
    await this.context.storage.close()
  }

  #newAddress(): string {
    const number = ++this.#addresses
    return `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
  }
}

/** The device that an enrolment made. @throws when it was refused */
export function deviceOf(answer: LightMyRequestResponse): WireDevice {
  const [cookie] = answer.cookies
  if (answer.statusCode !== 200 || !cookie) throw new Error(`${answer.statusCode} ${answer.body}`)
  return new WireDevice(cookie.value, answer.json<Standing>())
}

function cookieHeader(value: string | undefined): string | undefined {
  return value === undefined ? undefined : `qiaomen=${value}; __Host-qiaomen=${value}`
}
