import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mintId, sha256Hex } from '../../src/domain/hash.ts'
import type { Role } from '../../src/domain/records/member.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { Answer, SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { hashSecret } from '../../sync-server/identity/token.ts'
import { readSettings } from '../../sync-server/settings.ts'
import { createContext, firstCommunity, makeEntryLink } from '../../sync-server/start.ts'
import { startClock } from '../../sync-server/storage/records.ts'
import { databaseRows } from '../harness/databaseHash.ts'
import { createDatabase } from '../harness/postgres.ts'
import { type ServerProcess, startServer } from '../harness/startServer.ts'
import { freshId, layOutStreet, type Street, WireDevice } from '../harness/wireWorld.ts'
import { ask, type HttpAnswer, type Sending } from './httpAsk.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

/** Text and numbers as they stand in JSON; a number that JavaScript cannot hold is written `bare 1e400`. */
export const serialise = (value: unknown): string => JSON.stringify(value).replace(/"bare ([^"]+)"/g, '$1')

/**
 * The real server in its own process on a database of its own, with everybody in it whom bad input needs. Beside it this
 * process looks into the same database: it makes links, forges with the true secret, and counts every row.
 */
export class HostileGround {
  readonly kind: DatabaseKind
  readonly server: ServerProcess
  readonly context: ServerContext
  readonly environment: Record<string, string>
  readonly folder: string
  /** What plants a fault, in the server and in the command line beside it. */
  readonly planted: Record<string, string>
  community = ''
  street!: Street
  officer!: WireDevice
  member!: WireDevice
  revoked!: WireDevice
  superseded!: WireDevice
  stranger!: WireDevice
  /** The only officer of another community on the same database, and a stairwell there. */
  elsewhereOfficer!: WireDevice
  elsewhere = ''
  cursor = ''
  handoverKey = ''
  #drop: () => Promise<void>

  private constructor(
    kind: DatabaseKind,
    server: ServerProcess,
    context: ServerContext,
    environment: Record<string, string>,
    folder: string,
    planted: Record<string, string>,
    drop: () => Promise<void>,
  ) {
    this.kind = kind
    this.server = server
    this.context = context
    this.environment = environment
    this.folder = folder
    this.planted = planted
    this.#drop = drop
  }

  /** @param planted the part of the environment that plants a fault */
  static async open(kind: DatabaseKind, planted: Record<string, string> = {}): Promise<HostileGround> {
    const folder = mkdtempSync(join(tmpdir(), 'qiaomen-hostile-'))
    const database = kind === 'postgres' ? await createDatabase() : null
    const environment = { DATA_DIR: folder, ...(database ? { DATABASE_URL: database.url } : {}) }
    const server = await startServer(folder, { ...environment, TRUST_PROXY: '1', ...planted })
    const context = await createContext(readSettings(environment), { lock: false })
    const drop = async () => {
      await context.storage.close()
      await database?.drop()
      rmSync(folder, { recursive: true, force: true })
    }
    const ground = new HostileGround(kind, server, context, environment, folder, planted, drop)
    try {
      await ground.#settle()
    } catch (error) {
      await ground.close()
      throw error
    }
    return ground
  }

  get db() {
    return this.context.storage.db
  }

  ask(sending: Sending): Promise<HttpAnswer> {
    return ask(this.server.url, sending)
  }

  /** Every row of every table. `readyAt` moves with each look at `/readyz`, which no case makes. */
  rows(): Promise<string[]> {
    return databaseRows(this.db)
  }

  /** Commands of a device as they stand. @throws when the envelope is refused */
  async push(device: WireDevice, commands: readonly unknown[], more: object = {}): Promise<SyncAnswer> {
    const body = serialise(device.request(commands, { ...more }))
    const answer = await this.ask({ body, cookie: device.cookie })
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
    return JSON.parse(answer.text) as SyncAnswer
  }

  async mustApply(device: WireDevice, commands: readonly unknown[]): Promise<void> {
    for (const answer of (await this.push(device, commands)).answers) {
      if (answer.result !== 'applied') throw new Error(JSON.stringify(answer))
    }
  }

  /** Lets a person in by a one-time link of the operator. */
  async enter(role: Role, team: string | null = null, community = this.community): Promise<WireDevice> {
    const link = await makeEntryLink(this.context, community, { role, team })
    const body = { secret: link, name: role, community: '石榴桥社区', deviceName: '测试机' }
    const answer = await this.ask({ path: '/api/enter', body })
    const cookie = /qiaomen=([^;]+)/.exec(String(answer.headers['set-cookie']))?.[1]
    if (answer.status !== 200 || !cookie) throw new Error(`${answer.status} ${answer.text}`)
    return new WireDevice(cookie, JSON.parse(answer.text) as Standing)
  }

  /** An invitation of an officer, as a link's secret. */
  async invite(): Promise<{ link: string; inviteId: string }> {
    const secret = freshId() + freshId()
    const terms = {
      role: 'member',
      teamId: this.street.teamIds[0],
      memberId: null,
      codeHash: null,
      label: '',
      minutes: 60,
    }
    const command = this.officer.command('invite/create', { ...terms, secretHash: sha256Hex(secret) })
    const [answer] = (await this.push(this.officer, [command])).answers
    if (answer?.result !== 'applied') throw new Error(JSON.stringify(answer))
    return { link: `${this.community}.${secret}`, inviteId: mintId(command.id, '0') }
  }

  /** A visit that nothing is wrong with, but for what is said. Its lane is a fresh one. */
  visit(args: object = {}, beside: object = {}, device = this.member): WireCommand {
    const [stairwellId] = this.street.stairwellIds
    const good = { stairwellId, roundId: this.street.roundId, level: 1, label: '101', outcome: 'met', sessionId: null }
    return device.command('visit/record', { ...good, ...args }, { ...beside })
  }

  /** Turns to a lane of its own, so that no case waits for another. */
  freshLane(device: WireDevice = this.member): void {
    device.incarnation = freshId()
    device.n = 0
  }

  write(name: string, content: Uint8Array | string): string {
    const path = join(this.folder, `${freshId()}-${name}`)
    writeFileSync(path, content)
    return path
  }

  async close(): Promise<void> {
    await this.server.stop('SIGKILL')
    await this.#drop()
  }

  async #settle(): Promise<void> {
    this.community = await firstCommunity(this.context)
    this.officer = await this.enter('officer')
    const { street, commands } = layOutStreet(this.officer)
    this.street = street
    await this.mustApply(this.officer, commands)
    const [own, other] = street.teamIds
    this.member = await this.enter('member', own)
    this.revoked = await this.enter('member', own)
    this.superseded = await this.enter('member', own)
    this.stranger = await this.enter('member', other)
    await this.mustApply(this.officer, [
      this.officer.command('device/revoke', { deviceId: this.revoked.id, teamId: own }),
    ])
    const [, token = ''] = this.superseded.cookie.split('.')
    const row = this.db.updateTable('deviceToken').set({ state: 'superseded' })
    await row.where('community', '=', this.community).where('tokenHash', '=', hashSecret(token)).execute()
    const community = freshId()
    await this.context.storage.transaction((trx) => startClock(trx, community, freshId()))
    this.elsewhereOfficer = await this.enter('officer', null, community)
    const there = layOutStreet(this.elsewhereOfficer)
    this.elsewhere = there.street.stairwellIds[0]
    await this.mustApply(this.elsewhereOfficer, there.commands)
    // Every phone has brought something, so that no later request moves its first contact.
    for (const device of [this.member, this.officer]) await this.mustApply(device, [this.visit({}, {}, device)])
    await this.push(this.stranger, [], { pull: true })
    const page = await this.push(this.member, [], { pull: true })
    this.cursor = page.cursor
    this.handoverKey = page.handoverKey ?? ''
  }
}

/** How a command was answered, in one word or two. */
export function wordOf(answer: Answer | undefined): string {
  if (!answer) return 'no answer'
  if (answer.result === 'refused') return `refused ${answer.code}`
  return answer.result === 'held' ? `held ${answer.until}` : answer.result
}
