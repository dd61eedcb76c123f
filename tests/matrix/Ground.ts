import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Insertable, Transaction } from 'kysely'
import { canonicalJson } from '../../src/domain/hash.ts'
import { put } from '../../src/domain/put.ts'
import type { Change } from '../../src/domain/record.ts'
import { mintDoorId } from '../../src/domain/records/stairwell.ts'
import { commitDeed } from '../../sync-server/commitDeed.ts'
import { createServer } from '../../sync-server/server.ts'
import type { Tables } from '../../sync-server/storage/tables.ts'
import { databaseRows } from '../harness/databaseHash.ts'
import { freshId, OWN_HEADERS, type WireDevice, type WireWorld } from '../harness/wireWorld.ts'
import { appFolder } from './appFolder.ts'
import { cookieIn, DAY, DAYS, CHANGE_DAY, REVOKED_LIVE, type PersonPlan, type Phase } from './people.ts'
import type { PlaceName, TeamName } from './people.ts'

/** A principal in flesh: its enrolment and what it presents. */
export interface Person {
  plan: PersonPlan
  memberId: string
  device: WireDevice
  cookie: string | undefined
}

/** One of two communities on one database. */
export interface Land {
  community: string
  openRound: string
  closedRound: string
  office: WireDevice
}

export type Planted = {
  land: Land
  teamId: string | null
  id: string
  memberId: string
  role: 'member' | 'leader' | 'officer'
}

const TABLES = [
  'setting',
  'deviceToken',
  'entryLink',
  'clock',
  'record',
  'command',
  'lane',
  'held',
  'journal',
  'membership',
  'projection',
] as const satisfies readonly (keyof Tables)[]

/** A word that may come back to nobody who may not read it; where it stands follows from its tail. */
export const canary = (where: string): string => `zqxkanari${where.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 30)}`

/** Two communities, their teams and stairwells, everybody of `PEOPLE`, and something of every kind to touch or to read. */
export class Ground {
  readonly world: WireWorld
  readonly people: Person[] = []
  readonly teams: Record<TeamName, string>
  readonly home: Land
  readonly far: Land
  readonly stairwells: Record<PlaceName, string>
  /** Pending phones to confirm, active ones to revoke, invitations and holds, by the name of the story. */
  readonly phones = new Map<string, Planted>()
  readonly invites = new Map<string, string>()
  readonly holds = new Map<string, string>()
  /** A visit of each person, and of a bystander (''), in each place. */
  readonly visits = new Map<string, string>()
  readonly sessions = new Map<string, string>()
  readonly bystanders: Record<TeamName | 'office', string>
  /** By community and holder: each person, `somebody`, or nobody (''). */
  readonly wishes = new Map<string, string>()
  readonly activities = { home: freshId(), far: freshId() }
  app: FastifyInstance
  #rows: [keyof Tables, Record<string, unknown>[]][] = []
  #lines: string[] = []

  constructor(world: WireWorld, home: Land, far: Land, teams: Ground['teams'], places: Ground['stairwells']) {
    this.world = world
    this.app = world.app
    this.home = home
    this.far = far
    this.teams = teams
    this.stairwells = places
    this.bystanders = { A: freshId(), B: freshId(), F: freshId(), office: freshId() }
  }

  landOf(plan: PersonPlan): Land {
    return plan.community === 'home' ? this.home : this.far
  }

  /** The moment of a day since the ground was laid, ms on the server's clock. */
  moment(day: number): number {
    return this.#begin + Math.round(day * DAY)
  }
  readonly #begin = Date.UTC(2026, 10, 21, 12, 0, 0)

  doorOf(place: PlaceName): string {
    return mintDoorId(this.stairwells[place], '101')
  }

  /** The day of change: people move, rise, fall and go, by the commands of an officer, under sessions that live on. */
  async change(): Promise<void> {
    this.world.clock.ms = this.moment(CHANGE_DAY)
    const { office } = this.home
    const bonds = this.people.filter(({ plan }) => plan.cookie === 'good' && plan.before !== plan.after)
    const changed = bonds.filter(({ plan }) => JSON.stringify(plan.before) !== JSON.stringify(plan.after))
    const commands = changed.map(({ plan, memberId }) => {
      const { role, team } = plan.after ?? plan.before!
      return office.command('member/bond', { memberId, role, teamId: this.teamId(team), active: plan.after !== null })
    })
    const revoked = this.people.find(({ plan }) => plan.name === REVOKED_LIVE)!
    commands.push(office.command('device/revoke', { deviceId: revoked.device.id, teamId: this.teams.A }))
    for (const answer of await this.world.push(office, commands)) {
      if (answer.result !== 'applied') throw new Error(JSON.stringify(answer))
    }
    await this.give(this.stairwells.past, 'B', 1)
    await this.toDay('after')
  }

  /** What a request of a person's phone answers; every one is a lane of its own, so that nothing depends on an order. */
  async sync(
    person: Person,
    commands: readonly unknown[],
    more: Record<string, unknown> = {},
  ): Promise<LightMyRequestResponse> {
    return this.ask('POST', '/api/sync', person, person.device.request(commands, more))
  }

  async ask(method: string, url: string, person: Person | null, body?: unknown): Promise<LightMyRequestResponse> {
    const cookie = person?.cookie === undefined ? {} : { cookie: `qiaomen=${person.cookie}` }
    const headers = { ...(method === 'GET' || method === 'HEAD' ? {} : OWN_HEADERS), ...cookie }
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
    return this.app.inject({ method: method as 'GET', url, headers, ...payload, remoteAddress: this.#address() })
  }

  #address(): string {
    const number = ++this.#asked
    return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
  }
  #asked = 0

  /** A lane of its own for the next request. */
  begin(person: Person): void {
    person.device.incarnation = freshId()
    person.device.n = 0
  }

  async run(changes: readonly Change[], land: Land = this.home): Promise<void> {
    await commitDeed(this.world.context, land.community, async () => ({ changes, value: undefined }))
  }

  /** Remembers every row of every table as the state to come back to. */
  async keep(): Promise<void> {
    this.#rows = await this.#readAll()
    this.#lines = linesOf(this.#rows)
    const known = new Set<string>(TABLES)
    const missing = (await databaseRows(this.world.db)).filter(
      (line) => / \d+$/.test(line) && !known.has(line.split(' ')[0]!),
    )
    // The tables of the migrations are written by nobody who asks for anything.
    if (missing.some((line) => !line.startsWith('kysely_'))) throw new Error(`nobody looks at ${missing.join(', ')}`)
  }

  /** The state as it is now counts for one cell. */
  async keepAside(): Promise<void> {
    this.#aside = { rows: this.#rows, lines: this.#lines }
    await this.keep()
  }
  #aside: { rows: [keyof Tables, Record<string, unknown>[]][]; lines: string[] } | null = null

  async keptBack(): Promise<void> {
    if (!this.#aside) throw new Error('nothing was put aside')
    this.#rows = this.#aside.rows
    this.#lines = this.#aside.lines
    await this.restore()
  }

  /** The kinds of record that were written since, in a person's own community. */
  async changedKinds(person: Person): Promise<string[]> {
    const { community } = this.landOf(person.plan)
    const clocks = this.#rows.find(([table]) => table === 'clock')![1]
    const clock = clocks.find((row) => row['community'] === community)!['clock'] as number
    const rows = this.world.db.selectFrom('record').select('kind').where('community', '=', community)
    return [...new Set((await rows.where('clock', '>', clock).execute()).map(({ kind }) => kind))]
  }

  async #readAll(): Promise<[keyof Tables, Record<string, unknown>[]][]> {
    const read = TABLES.map(async (table): Promise<[keyof Tables, Record<string, unknown>[]]> => {
      return [table, await this.world.db.selectFrom(table).selectAll().execute()]
    })
    return Promise.all(read)
  }

  async restore(): Promise<void> {
    await this.world.context.storage.transaction(async (trx) => {
      for (const [table, rows] of this.#rows) {
        const kept = table === 'record' ? await this.#rewritten(trx, rows) : rows
        if (table !== 'record') await trx.deleteFrom(table).execute()
        for (let at = 0; at < kept.length; at += 80) {
          await trx
            .insertInto(table)
            .values(kept.slice(at, at + 80) as unknown as Insertable<Tables['record']>[])
            .execute()
        }
      }
    })
  }

  /** Takes out the records that were written since, by their clocks. @returns those that stood in their place */
  async #rewritten(trx: Transaction<Tables>, rows: readonly Record<string, unknown>[]) {
    const clocks = this.#rows.find(([table]) => table === 'clock')![1] as { community: string; clock: number }[]
    const written = new Set<string>()
    for (const { community, clock } of clocks) {
      const since = trx.selectFrom('record').select(['kind', 'id']).where('community', '=', community)
      const found = await since.where('clock', '>', clock).execute()
      for (const { kind, id } of found) written.add(`${community} ${kind} ${id}`)
      const gone = trx.deleteFrom('record').where('community', '=', community).where('clock', '>', clock)
      if (found.length > 0) await gone.execute()
    }
    return rows.filter((row) => written.has(`${String(row['community'])} ${String(row['kind'])} ${String(row['id'])}`))
  }

  /**
   * What is not as it was kept. A denied command leaves nothing but its own answer, which is kept whatever it says
   * (SYNC-4), and the place that it took in its lane (SYNC-2): these are named, and nothing else is let through.
   *
   * @param answered ids of denied commands
   * @param incarnations their lanes
   */
  async changedRows(answered: ReadonlySet<string> = new Set(), incarnations: ReadonlySet<string> = new Set()) {
    const isBookkeeping = (line: string) => {
      const row = /^(command|lane) (\{.*\})$/.exec(line)
      if (!row) return answered.size > 0 && /^(command|lane) \d+$/.test(line)
      const { id, incarnation } = JSON.parse(row[2]!) as { id?: string; incarnation?: string }
      return row[1] === 'command' ? answered.has(id ?? '') : incarnations.has(incarnation ?? '')
    }
    const now = linesOf(await this.#readAll()).filter((line) => !isBookkeeping(line))
    const kept = this.#lines.filter((line) => !isBookkeeping(line))
    const [before, after] = [new Set(kept), new Set(now)]
    return [...kept.filter((line) => !after.has(line)), ...now.filter((line) => !before.has(line))]
  }

  /** A fresh server on the same database, so that no limit of requests a minute is met; sessions are cookies and live on. */
  async anew(): Promise<void> {
    if (this.app !== this.world.app) await this.app.close()
    this.app = await createServer(this.world.context, { secure: false, appDir: appFolder() })
  }

  async close(): Promise<void> {
    if (this.app !== this.world.app) await this.app.close()
    await this.world.close()
  }

  /** The id of a team by its name. */
  teamId(team: TeamName | null): string | null {
    return team === null ? null : this.teams[team]
  }

  /** Hands a stairwell of home to a team, as the office does. */
  async give(stairwellId: string, team: 'A' | 'B', baseRevision: number): Promise<void> {
    const { office, openRound: roundId } = this.home
    const teamId = this.teams[team]
    const args = { stairwellId, roundId, baseRevision, teamId, memberIds: [], leaseUntil: null }
    const [answer] = await this.world.push(office, [
      office.command('assignment/save', args, { claimedAt: this.world.clock.now() }),
    ])
    if (answer?.result !== 'applied') throw new Error(JSON.stringify(answer))
  }

  /** Every phone reported on this day, so that a request need not say again when it was last heard of. */
  async toDay(phase: Phase): Promise<void> {
    this.world.clock.ms = this.moment(DAYS[phase])
    const reportedAt = this.world.clock.now()
    for (const land of [this.home, this.far]) {
      const here = this.people.filter(({ plan }) => this.landOf(plan) === land)
      const reports = here.map(({ device, memberId }) =>
        put('deviceReport', { id: device.id, memberId, unsent: 0, reportedAt }),
      )
      await this.run(reports, land)
    }
    for (const person of this.people) {
      person.cookie = cookieIn(person.plan, phase) === 'none' ? undefined : person.cookie
      if (person.plan.cookie !== 'good') continue
      this.begin(person)
      // Every session is alive: it has asked, under this cookie, and has been told what it may read.
      const { statusCode } = await this.sync(person, [], { pull: true })
      if (statusCode !== (cookieIn(person.plan, phase) === 'good' ? 200 : 401)) throw new Error(person.plan.name)
    }
    await this.keep()
  }
}

/** Every row as a line, and how many there are of each table. */
function linesOf(tables: readonly [string, Record<string, unknown>[]][]): string[] {
  return tables.flatMap(([name, rows]) => [
    `${name} ${rows.length}`,
    ...rows.map((row) => `${name} ${canonicalJson(row)}`),
  ])
}
