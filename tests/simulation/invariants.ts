import { applyToFacade, emptyFacade, facadeKey, isFacadeKind, type Facade } from '../../src/domain/coverage/facade.ts'
import type { FacadeEvent } from '../../src/domain/coverage/facade.ts'
import { canonicalJson } from '../../src/domain/hash.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import type { SessionTally } from '../../src/domain/records/sessionTally.ts'
import { applyToTally, tallyOf } from '../../src/domain/service/tally.ts'
import type { Answer } from '../../src/protocol/sync.ts'
import type { Cursor } from '../../sync-server/cursor.ts'
import type { Storage } from '../../sync-server/storage/openStorage.ts'
import { checkFolded, withoutFolded } from './foldInvariants.ts'
import { visitIdOf } from './operations.ts'
import type { Contents } from './SimDisk.ts'
import type { SimPhone } from './SimPhone.ts'
import type { SimServer } from './SimServer.ts'

/*
 * What must hold, and when it is looked at.
 *
 * After every step, on each phone that may have changed, whatever the network is doing:
 * - nothing saved is lost (`checkKept`), and what a phone was told is taken in is on the server's disk (`checkAcknowledged`);
 * - numbers have no gap (`checkLane`);
 * - nothing is held out of scope at its membership version (`checkPhone`);
 * - façades and evenings are what their events say (`checkFacades`, `checkOwnTallies`);
 * - neither cursor nor membership goes back (`checkForward`);
 * - a saved visit never vanishes for its author, lost scopes apart (`checkVisible`).
 * At every answer of the server: what a command was told for good it is told for ever (`SimServer`).
 *
 * At rest, once faults have stopped (`checkQuiet`): everything drains, nothing waits and nobody is alarmed for nothing; each
 * command took effect exactly once and in the order of its phone (`checkEffects`); every accepted edit moved its document by
 * exactly one revision, so that each had one winner, and all that is derived equals what is recomputed (`checkServer`);
 * folded rounds and live visits are together what was ever taken in, once (`checkFolded`);
 * phones hold exactly what they may read, so that those of equal scope are equal (`checkSame`).
 */

type Violate = (what: string) => void
type Row = { kind: string; id: string; scope: string; body: { id: string } }

const keyOf = ({ kind, id }: { kind: string; id: string }): string => `${kind} ${id}`

/** What the server holds, read outside any transaction of its own. */
export interface Truth {
  rows: Row[]
  commands: Map<string, Answer & { device: string; verb: string; receivedAt: number; incarnation: string; n: number }>
  memberships: Map<string, string[]>
  facades: Map<string, Facade>
}

export async function readTruth({ db }: Storage): Promise<Truth> {
  const rows = await db.selectFrom('record').selectAll().where('deleted', '=', 0).execute()
  const commands = await db.selectFrom('command').selectAll().execute()
  const facades = await db.selectFrom('projection').selectAll().where('kind', '=', 'facade').execute()
  return {
    rows: rows.map(({ kind, id, scope, body }) => ({ kind, id, scope, body: JSON.parse(body) as { id: string } })),
    commands: new Map(commands.map(({ answer, ...row }) => [row.id, { ...row, ...(JSON.parse(answer) as Answer) }])),
    memberships: await readMemberships({ db } as Storage),
    facades: new Map(facades.map((row) => [row.id, JSON.parse(row.body) as Facade])),
  }
}

/** What each device was told it may read, by `device version`. */
async function readMemberships({ db }: Storage): Promise<Map<string, string[]>> {
  const rows = await db.selectFrom('membership').selectAll().execute()
  return new Map(rows.map((row) => [`${row.device} ${row.version}`, JSON.parse(row.scopes) as string[]]))
}

/** Scopes told at this version and at any later one: a page may have been stored in part before the phone died. */
function scopesSince(memberships: ReadonlyMap<string, string[]>, device: string, version: number): Set<string> | null {
  const told = memberships.get(`${device} ${version}`)
  if (!told) return null
  const scopes = new Set(told)
  for (let later = version + 1; memberships.has(`${device} ${later}`); later++) {
    for (const scope of memberships.get(`${device} ${later}`)!) scopes.add(scope)
  }
  return scopes
}

const mayHold = (scopes: ReadonlySet<string>, scope: string): boolean =>
  scopes.has(scope) || (scopes.has('*') && !scope.startsWith('p:') && !scope.startsWith('d:'))

/** What holds on one phone at any moment between two transactions, whatever the network is doing. */
export async function checkPhone(phone: SimPhone, server: SimServer, violate: Violate): Promise<void> {
  const contents = phone.peek()
  if (!contents) return
  const { storage } = server.context
  const say = (what: string) => violate(`${phone.name}: ${what}`)
  checkLane(phone, contents, say)
  checkKept(phone, contents, say)
  checkFacades(contents, say)
  checkForward(phone, contents, say)
  await checkAcknowledged(contents, server, say)
  const memberships = await readMemberships(storage)
  const { membership } = contents.state
  const scopes = scopesSince(memberships, phone.deviceId, membership)
  const unsent = new Set(contents.shadow.map(keyOf))
  // A phone that fell back into a history that is no more counts its memberships by that one.
  const isOfNow = phone.powerCuts === 0 || contents.state.epoch === server.epoch
  if (scopes && isOfNow && !contents.state.sweeping) {
    for (const row of contents.records) {
      if (mayHold(scopes, row.scope) || unsent.has(keyOf(row))) continue
      say(`holds ${keyOf(row)} of ${row.scope} without a right to it at membership ${membership}`)
    }
  }
  checkOwnTallies(phone, contents, say)
  const held = new Set(memberships.get(`${phone.deviceId} ${membership}`) ?? [])
  checkVisible(phone, contents, held, server.folded, say)
}

/** Numbers of what is pending have no gap and end at the next one (SYNC-2), unless a power cut took some out. */
function checkLane(phone: SimPhone, { outbox, state }: Contents, say: Violate): void {
  if (state.incarnation === phone.gapIn) return
  const numbers = outbox.filter((entry) => entry.state === 'pending').map((entry) => entry.n)
  const expected = numbers.map((_n, index) => state.nextN - numbers.length + index)
  if (canonicalJson(numbers) !== canonicalJson(expected)) {
    say(`pending numbers ${numbers.join()} do not end before ${state.nextN}`)
  }
}

/** Whatever was saved is still here, until it is on its way out as acknowledged (SYNC-1). */
function checkKept(phone: SimPhone, { outbox, sent }: Contents, say: Violate): void {
  const kept = new Set([...outbox, ...sent].map((entry) => entry.id))
  for (const { id, verb, torn } of phone.saved) if (!torn && !kept.has(id)) say(`lost ${verb} ${id}`)
}

/** Whatever a phone was told is taken in stands on the server's disk, in the history that told it. */
async function checkAcknowledged({ state, outbox, sent }: Contents, server: SimServer, say: Violate): Promise<void> {
  const told =
    state.epoch === server.epoch ? outbox.filter(({ state: entry }) => entry === 'applied' || entry === 'held') : []
  const settled = sent.filter(({ epoch }) => epoch === server.epoch)
  const ids = [...told, ...settled].map(({ id }) => id).filter((id) => !server.durable.has(id))
  if (ids.length === 0) return
  const rows = await server.context.storage.db.selectFrom('command').select('id').where('id', 'in', ids).execute()
  for (const { id } of rows) server.durable.add(id)
  for (const id of ids) if (!server.durable.has(id)) say(`was told that ${id} is taken in, and the server has it not`)
}

function checkFacades({ records, facades }: Contents, say: Violate): void {
  const drawn = drawFacades(records)
  for (const facade of facades) {
    const key = facadeKey(facade.stairwellId, facade.roundId)
    const expected = drawn.get(key)
    if (!expected) say(`the façade ${key} is drawn from nothing`)
    else if (canonicalJson(facade) !== canonicalJson(expected)) say(`the façade ${key} is not what its events say`)
    drawn.delete(key)
  }
  for (const key of drawn.keys()) say(`the façade ${key} is missing`)
}

/** Façades as their events say, from nothing. */
export function drawFacades(rows: readonly Row[]): Map<string, Facade> {
  const facades = new Map<string, Facade>()
  for (const { kind, body } of rows) {
    if (!isFacadeKind(kind)) continue
    const event = { kind, before: null, after: body } as FacadeEvent
    const { stairwellId, roundId } = event.after!
    const key = facadeKey(stairwellId, roundId)
    const facade = facades.get(key) ?? emptyFacade(stairwellId, roundId)
    applyToFacade(facade, event)
    facades.set(key, facade)
  }
  return facades
}

/** The evening counts every visit that its author sees, also when the scope it lies in was lost (SYNC-5). */
function checkOwnTallies(phone: SimPhone, { records, outbox }: Contents, say: Violate): void {
  const tallies = new Map(records.filter((row) => row.kind === 'sessionTally').map((row) => [row.id, row.body]))
  const own = new Set(outbox.filter((entry) => entry.state !== 'refused').flatMap(({ changes }) => changes.map(keyOf)))
  for (const { kind, id, body } of records) {
    if (!isFacadeKind(kind) || !own.has(`${kind} ${id}`)) continue
    const event = { kind, before: null, after: body } as FacadeEvent
    const owner = tallyOf(event)
    if (!owner || owner.memberId !== phone.memberId) continue
    const tally = tallies.get(owner.sessionId) as SessionTally | undefined
    if (!tally) say(`the evening ${owner.sessionId} does not count ${kind} ${id}`)
    else if (canonicalJson(applyToTally(tally, event)) !== canonicalJson(tally)) {
      say(`the evening ${owner.sessionId} counts ${kind} ${id} wrongly`)
    }
  }
}

/**
 * A saved visit never vanishes for its author (SYNC-6): once it was here it stays as long as its scope does, and while
 * it is unsent whatever becomes of the scope. What was lost with a scope and is being downloaded again may be missing, and
 * so may what was folded.
 */
function checkVisible(
  phone: SimPhone,
  contents: Contents,
  scopes: ReadonlySet<string>,
  folded: ReadonlySet<string>,
  say: Violate,
): void {
  const { outbox, records, state } = contents
  // What is offered again after a restore may lie in a scope that was lost long before.
  const own = outbox.filter((entry) => entry.state !== 'refused' && !entry.formerly)
  const unanswered = new Set(own.map((entry) => entry.id))
  const refused = new Set(outbox.filter((entry) => entry.state === 'refused').map((entry) => entry.id))
  const here = new Set(records.map(keyOf))
  const underWay = backfillsOf(state.cursor)
  const visible = new Set<string>()
  for (const { id, verb, args, torn } of phone.saved) {
    if (verb !== 'visit/record' || torn || refused.has(id)) continue
    if (here.has(`visit ${visitIdOf(id)}`)) {
      visible.add(id)
      continue
    }
    const scope = `s:${(args as { stairwellId: string }).stairwellId}`
    const comesAgain = underWay.has(scope) || underWay.has('*') || state.cursor === null
    const isHere = mayHold(scopes, scope) && !folded.has(visitIdOf(id))
    const stays = isHere && (phone.visible.has(id) || !comesAgain)
    if (unanswered.has(id) || stays) say(`the visit ${id} has vanished for its author`)
  }
  phone.visible = visible
}

/** Within one download the cursor never goes back, and no older membership comes back either (SYNC-7). */
function checkForward(phone: SimPhone, { state }: Contents, say: Violate): void {
  const { generation, membership, cursor } = state
  const clock = openCursor(cursor)?.clock ?? 0
  const before = phone.stood
  phone.stood = { generation, membership, clock }
  if (before?.generation !== generation) return
  if (clock < before.clock) say(`its cursor went back from ${before.clock} to ${clock}`)
  if (membership < before.membership) say(`its membership went back from ${before.membership} to ${membership}`)
}

/** What a cursor says, signature apart. */
function openCursor(cursor: string | null): Cursor | null {
  return cursor ? (JSON.parse(Buffer.from(cursor.split('.')[0]!, 'base64url').toString()) as Cursor) : null
}

function backfillsOf(cursor: string | null): Set<string> {
  return new Set(openCursor(cursor)?.backfills.map((backfill) => backfill.scope))
}

/** What holds everywhere once faults have stopped and everybody has synced. */
export function checkQuiet(
  phones: readonly { phone: SimPhone; contents: Contents }[],
  truth: Truth,
  faults: { powerCuts: number; restores: number; clockJumps: boolean; folded: ReadonlySet<string> },
  violate: Violate,
): void {
  checkServer(truth, faults.folded, violate)
  for (const { phone, contents } of phones) {
    const say = (what: string) => violate(`${phone.name} at rest: ${what}`)
    const { outbox, shadow, state } = contents
    for (const entry of outbox) {
      if (entry.state !== 'refused') say(`${entry.verb} ${entry.id} is still ${entry.state} (${String(entry.until)})`)
      if (entry.verb === 'visit/record' && entry.code !== 'not_allowed') {
        say(`a visit was refused: ${String(entry.code)}`)
      }
    }
    if (shadow.length > 0) say(`${shadow.length} shadows stand under nothing`)
    if (faults.powerCuts + faults.restores === 0 && state.alarm) say(`false alarm ${state.alarm}`)
    const fall = phone.powerCuts === 1 && faults.restores === 0 && !phone.fall?.unnoticeable ? phone.fall : null
    if (fall && phone.saved.length > fall.at && state.alarm === null) say('fell back, saved again, and nobody noticed')
    checkEffects(phone, contents, truth, faults, say)
    checkSame(phone, contents, truth, say)
  }
}

/** Everything saved came to something, once. */
function checkEffects(
  phone: SimPhone,
  { outbox, state }: Contents,
  truth: Truth,
  { restores, clockJumps, folded }: { restores: number; clockJumps: boolean; folded: ReadonlySet<string> },
  say: Violate,
): void {
  const refused = new Set(outbox.map((entry) => entry.id))
  let last: { receivedAt: number; incarnation: string; n: number } | null = null
  for (const { id, verb, torn } of phone.saved) {
    const answer = truth.commands.get(id)
    if (!answer) {
      if (!torn && !refused.has(id)) say(`the server never got ${verb} ${id}`)
      continue
    }
    if (torn || refused.has(id)) continue
    if (answer.result !== 'applied') say(`${verb} ${id} is ${answer.result} there and settled here`)
    const isLive = truth.rows.some((row) => row.kind === 'visit' && row.id === visitIdOf(id))
    if (verb === 'visit/record' && !isLive && !folded.has(visitIdOf(id))) {
      say(`the visit ${id} has no effect`)
    }
    if (restores > 0 || clockJumps || phone.powerCuts > 0) continue
    const overtook =
      last && (last.incarnation === answer.incarnation ? answer.n <= last.n : answer.receivedAt < last.receivedAt)
    if (overtook) say(`${verb} ${id} came before what was saved before it`)
    last = answer
  }
  if (state.device !== 'active') say('still waits to be confirmed')
}

/** A phone holds exactly what it may read, as the server has it. */
function checkSame(phone: SimPhone, { records, state }: Contents, truth: Truth, say: Violate): void {
  const scopes = new Set(truth.memberships.get(`${phone.deviceId} ${state.membership}`) ?? [])
  const here = new Map(records.map((row) => [keyOf(row), row]))
  for (const row of truth.rows) {
    if (!mayHold(scopes, row.scope)) continue
    const own = here.get(keyOf(row))
    if (!own) say(`lacks ${keyOf(row)} of ${row.scope}`)
    else if (canonicalJson(own.body) !== canonicalJson(row.body)) {
      say(`differs in ${keyOf(row)}: ${canonicalJson(own.body)} here, ${canonicalJson(row.body)} there`)
    }
    here.delete(keyOf(row))
  }
  for (const { kind, id, scope } of here.values()) say(`holds ${kind} ${id} of ${scope}, which the server has not`)
}

/** Derived equals recomputed, and every accepted edit moved its document by exactly one revision. */
function checkServer(truth: Truth, folded: ReadonlySet<string>, violate: Violate): void {
  const say = (what: string) => violate(`server at rest: ${what}`)
  const drawn = drawFacades(truth.rows)
  for (const [key, facade] of truth.facades) {
    const expected = drawn.get(key) ?? emptyFacade(facade.stairwellId, facade.roundId)
    if (canonicalJson(facade) !== canonicalJson(expected)) say(`the façade ${key} is not what its events say`)
  }
  for (const key of drawn.keys()) if (!truth.facades.has(key)) say(`the façade ${key} is missing`)
  checkTallies(truth, folded, say)
  checkFolded(truth, say)
  const applied = (verb: string) =>
    [...truth.commands.values()].filter((answer) => answer.verb === verb && answer.result === 'applied').length
  const revisions = (kind: string, of: (body: never) => number) =>
    truth.rows.filter((row) => row.kind === kind).reduce((sum, row) => sum + of(row.body as never), 0)
  const counted: [string, number][] = [
    ['team/save', revisions('team', (body: { revision: number }) => body.revision)],
    ['round/save', revisions('round', (body: { revision: number }) => body.revision)],
    ['assignment/save', revisions('assignment', (body: { revision: number }) => body.revision)],
    ['stairwell/access-note', revisions('stairwell', (body: Stairwell) => body.accessNoteRevision)],
  ]
  for (const [verb, revision] of counted) {
    if (applied(verb) !== revision) say(`${applied(verb)} of ${verb} were applied and made ${revision} revisions`)
  }
}

function checkTallies(truth: Truth, folded: ReadonlySet<string>, say: Violate): void {
  const expected = new Map<string, SessionTally>()
  for (const { kind, body } of truth.rows) {
    if (!isFacadeKind(kind)) continue
    const event = { kind, before: null, after: body } as FacadeEvent
    const owner = tallyOf(event)
    if (!owner) continue
    const tally = expected.get(owner.sessionId) ?? { id: owner.sessionId, ...owner, visits: {} }
    expected.set(owner.sessionId, applyToTally(tally, event))
  }
  for (const { kind, id, body } of truth.rows) {
    if (kind !== 'sessionTally') continue
    const tally = withoutFolded(body as SessionTally, truth.rows, folded)
    const blank = { ...tally, visits: {} }
    const isOutlived = Object.keys((body as SessionTally).visits).length > Object.keys(tally.visits).length
    const own = expected.get(id) ?? (isOutlived ? blank : undefined)
    if (canonicalJson(tally) !== canonicalJson(own)) say(`the evening ${id} is not what its visits say`)
    expected.delete(id)
  }
  for (const id of expected.keys()) say(`the evening ${id} is missing`)
}
