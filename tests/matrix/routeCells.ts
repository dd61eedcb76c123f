import type { LightMyRequestResponse } from 'fastify'
import { mintId } from '../../src/domain/hash.ts'
import type { SyncAnswer } from '../../src/protocol/sync.ts'
import { handoverKey } from '../../sync-server/handover.ts'
import { createServer } from '../../sync-server/server.ts'
import { freshId, OWN_HEADERS, WireWorld } from '../harness/wireWorld.ts'
import { sealPart } from '../harness/sealPart.ts'
import type { StorageOptions } from '../../sync-server/storage/openStorage.ts'
import { databaseHash } from '../harness/databaseHash.ts'
import { ENVELOPE, ROUTES, SET_UP, type Said } from './expected.ts'
import { appFolder } from './appFolder.ts'
import { canary, type Ground, type Person } from './Ground.ts'
import { cookieIn, DAYS, isLive, isProven, standingOn, type Phase } from './people.ts'
import type { Report } from './Report.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const DEAD = { secret: 'A'.repeat(24), name: 'x', deviceName: 'x' }

const ALL_PATHS = [...new Set(Object.keys(ROUTES).map((name) => name.split(' ')[1]!)), '/api/nothing', '/api/sync/']

/** What the documents say of a route to one person. */
function expectedAt(method: string, path: string, person: Person, phase: Phase): Said {
  const row = ROUTES[`${method} ${path}`]
  if (!row) return [404, 'not_found']
  if (row.to === 'anybody') return row.says
  const cookie = cookieIn(person.plan, phase)
  if (row.to === 'ended' && cookie === 'revoked') return row.says
  if (!isProven(cookie)) return ENVELOPE[cookie]
  if (row.to === 'device') return row.says
  if (row.to === 'ended') return [404, 'not_found']
  const isOfficer = cookie === 'good' && standingOn(person.plan, DAYS[phase])?.role === 'officer'
  return isOfficer ? row.says : [404, 'not_found']
}

/** Every method at every path for everybody, and what a sync request may not say. */
export async function runRoutes(
  ground: Ground,
  phase: Phase,
  report: Report,
  paths: readonly string[] = ALL_PATHS,
): Promise<void> {
  const cursor = paths === ALL_PATHS ? await borrowCursor(ground) : null
  for (const person of ground.people) {
    if (phase === 'before' && !isLive(person.plan)) continue
    if (report.isOver) return
    await ground.anew()
    for (const path of paths) {
      const cells = new Denials(ground, report, `${phase}: ${person.plan.name}`)
      for (const method of METHODS) {
        if (path === '/api/live' && method === 'GET') continue
        ground.begin(person)
        const body = method === 'GET' || method === 'HEAD' ? undefined : bodyFor(path, person)
        const expected = expectedAt(method, path, person, phase)
        await cells.take(`${method} ${path}`, await ground.ask(method, path, person, body), expected)
      }
      await cells.close()
    }
    if (cursor === null) continue
    const cells = new Denials(ground, report, `${phase}: ${person.plan.name}`)
    const hidden = await ground.ask('GET', '/api/recovery', person)
    if (hidden.statusCode === 404) {
      const nowhere = await ground.ask('GET', '/api/nothing', person)
      const isSame = bare(hidden) === bare(nowhere)
      cells.tell('GET /api/recovery beside a path that is nowhere', isSame ? null : `${bare(hidden)} ${bare(nowhere)}`)
    }
    await runSyncs(ground, person, phase, cursor, cells)
    await cells.close()
    if (report.isOver) return
    await runCarry(ground, person, cookieIn(person.plan, phase), (what, trouble) =>
      report.count(`${phase}: ${person.plan.name}: ${what}`, trouble),
    )
  }
  if (paths === ALL_PATHS || paths.includes('/api/live')) await runLive(ground, phase, report)
}

/** Some requests of one person; after those that are denied, the whole database is looked at once for all of them. */
class Denials {
  readonly #ground: Ground
  readonly #report: Report
  readonly #whose: string
  readonly #told: [what: string, trouble: string | null][] = []

  constructor(ground: Ground, report: Report, whose: string) {
    this.#ground = ground
    this.#report = report
    this.#whose = whose
  }

  tell(what: string, trouble: string | null): void {
    this.#told.push([what, trouble])
  }

  async take(what: string, response: LightMyRequestResponse, [status, code]: Said): Promise<void> {
    const { code: given } = status >= 400 && response.body ? response.json<{ code?: string }>() : {}
    const isRight = response.statusCode === status && (given === undefined || given === code)
    const got = `expected ${status} ${code ?? ''}, got ${response.statusCode} ${given ?? ''}`
    const hasCanary = status >= 400 && response.body.includes(canary(''))
    this.tell(what, !isRight ? got : hasCanary ? 'a canary in the body' : null)
    // What was let through may have been written down; what comes behind it is measured anew.
    if (response.statusCode < 400) await this.#ground.restore()
  }

  async close(): Promise<void> {
    const changed = await this.#ground.changedRows()
    const why = changed.length > 0 ? `changed ${changed[0]!.slice(0, 200)}` : null
    for (const [what, trouble] of this.#told) this.#report.count(`${this.#whose}: ${what}`, trouble ?? why)
    if (why !== null) await this.#ground.restore()
  }
}

const bare = ({ statusCode, headers, body }: LightMyRequestResponse): string => {
  const { date: _date, ...rest } = headers
  return JSON.stringify([statusCode, rest, body])
}

function bodyFor(path: string, person: Person): unknown {
  return path === '/api/sync' ? person.device.request([], { pull: true }) : DEAD
}

async function borrowCursor(ground: Ground): Promise<string> {
  const page = await ground.world.sync(ground.home.office, [], { pull: true })
  await ground.restore()
  return page.cursor
}

/** A request that speaks for another phone, reads with another's cursor, or comes from another site. */
async function runSyncs(ground: Ground, person: Person, phase: Phase, cursor: string, cells: Denials): Promise<void> {
  const cookie = cookieIn(person.plan, phase)
  const orElse = (said: Said): Said => (isProven(cookie) ? said : ENVELOPE[cookie])
  for (const other of ground.people) {
    if (other === person) continue
    ground.begin(person)
    const response = await ground.sync(person, [], { device: other.device.id, pull: true })
    await cells.take(`POST /api/sync as the phone of: ${other.plan.name}`, response, orElse([403, 'device_mismatch']))
  }
  const borrowed = await ground.sync(person, [], { cursor, pull: true })
  await cells.take('POST /api/sync with an officer’s cursor', borrowed, orElse([400, 'cursor_invalid']))
  const { 'x-qiaomen': _own, ...foreign } = OWN_HEADERS
  const headers = { ...foreign, ...(person.cookie === undefined ? {} : { cookie: `qiaomen=${person.cookie}` }) }
  const payload = JSON.stringify(person.device.request([], { pull: true }))
  const across = await ground.app.inject({ method: 'POST', url: '/api/sync', headers, payload })
  await cells.take('POST /api/sync from another site', across, [403, 'csrf'])
}

/** Somebody's unsent work, brought along by a phone (SYNC-13). */
export async function runCarry(
  ground: Ground,
  person: Person,
  cookie: string,
  tell: (what: string, trouble: string | null) => void,
): Promise<void> {
  const recorder = ground.people.find(({ plan }) => plan.name === 'member of A')!
  const { community } = ground.home
  const at = ground.world.clock.now()
  const args = { stairwellId: ground.stairwells.A, roundId: ground.home.openRound, level: 1, label: '101' }
  ground.begin(recorder)
  const claimed = { claimedAt: at, after: ground.moment(0) }
  const knock = recorder.device.command('visit/record', { ...args, outcome: 'met', sessionId: null }, claimed)
  const who = { community, device: recorder.device.id, member: recorder.memberId, incarnation: freshId() }
  const counts = { epoch: null, at, from: at, until: at, waiting: 1, held: 0, refused: 0, parts: 1 }
  const key = handoverKey(ground.world.context, community, recorder.device.id)
  const inside = { commands: [knock], refused: [] }
  const carried = sealPart(key, { ...who, ...counts, coding: 'identity' }, inside)
  ground.begin(person)
  const response = await ground.sync(person, [], { carried })
  if (cookie !== 'good' && cookie !== 'draining') {
    const changed = await ground.changedRows()
    const taken = response.statusCode === 200 && response.json<SyncAnswer>().carried !== undefined
    tell('brings a teammate’s work along', taken || changed.length > 0 ? 'it was taken' : null)
    return
  }
  const { result } = response.json<SyncAnswer>().carried ?? {}
  const [row] = await ground.world.db
    .selectFrom('record')
    .select('id')
    .where('id', '=', mintId(knock.id, '0'))
    .execute()
  const isNear = person.plan.community === 'home'
  const isRight = isNear ? result === 'taken' && row !== undefined : result === 'refused' && row === undefined
  tell('brings a teammate’s work along', isRight ? null : `was answered ${String(result)}`)
  await ground.restore()
}

/** Pokes come over a real socket, because the stream never ends. */
async function runLive(ground: Ground, phase: Phase, report: Report): Promise<void> {
  await ground.anew()
  const url = await ground.app.listen({ port: 0, host: '127.0.0.1' })
  for (const person of ground.people) {
    const [status] = expectedAt('GET', '/api/live', person, phase)
    const stop = new AbortController()
    const headers: Record<string, string> = person.cookie === undefined ? {} : { cookie: `qiaomen=${person.cookie}` }
    const response = await fetch(`${url}/api/live`, { headers, signal: stop.signal })
    const trouble = response.status === status ? null : `expected ${status}, got ${response.status}`
    report.count(`${phase}: ${person.plan.name}: GET /api/live`, trouble)
    stop.abort()
  }
  ground.app.server.closeAllConnections()
  await ground.anew()
}

/** Until there is an officer, every route but the ones of the operator answers `setup_required`, and nothing changes. */
export async function runBeforeSetUp(options: StorageOptions, report: Report): Promise<void> {
  const world = await WireWorld.open(options)
  const app = await createServer(world.context, { secure: false, appDir: appFolder() })
  let before = await databaseHash(world.db)
  for (const name of Object.keys(ROUTES)) {
    const [method, path] = name.split(' ') as ['GET' | 'POST' | 'HEAD', string]
    const [status, code] = SET_UP[path] ?? [403, 'setup_required']
    const headers = method === 'POST' ? OWN_HEADERS : {}
    const payload = method === 'POST' ? { payload: JSON.stringify(DEAD) } : {}
    const response = await app.inject({ method, url: path, headers, ...payload })
    const { code: given } = status >= 400 && response.body ? response.json<{ code?: string }>() : {}
    const isRight = response.statusCode === status && (given === undefined || given === code)
    // Asking whether the database can be written writes one row, which says when that was tried.
    const after = await databaseHash(world.db)
    const isSame = status < 400 || after === before
    before = after
    const got = `expected ${status} ${code ?? ''}, got ${response.statusCode} ${given ?? ''}${isSame ? '' : ', changed'}`
    report.count(`before set-up: ${name}`, isRight && isSame ? null : got)
  }
  await app.close()
  await world.close()
}
