import type { Transaction } from 'kysely'
import { mayInSync } from '../src/domain/access.ts'
import type { Refusal } from '../src/domain/command.ts'
import { check } from '../src/domain/fields.ts'
import { put } from '../src/domain/put.ts'
import type { Change } from '../src/domain/record.ts'
import type { Device } from '../src/domain/records/device.ts'
import type { DeviceReport } from '../src/domain/records/deviceReport.ts'
import { commandHash } from '../src/protocol/commandHash.ts'
import { effectiveTime } from '../src/protocol/effectiveTime.ts'
import { wireCommand, type Answer, type HoldReason, type LaneTrouble, type WireCommand } from '../src/protocol/sync.ts'
import { writeChanges } from './commitDeed.ts'
import type { ServerContext } from './context.ts'
import { isFormerEpoch } from './epoch.ts'
import { Holds } from './Holds.ts'
import { withoutRevoked } from './journal.ts'
import { Judge, type Deed } from './Judge.ts'
import { PolicyCache, type Policy } from './policy.ts'
import { prefetch } from './prefetch.ts'
import { moveHeld, readHeldRow } from './storage/enrolments.ts'
import { StorageTrouble } from './storage/StorageTrouble.ts'
import { insertCommands, lockClock, putLane, readCommands, readLane, readRecords } from './storage/records.ts'
import type { Tables } from './storage/tables.ts'
import { WorkingFacts } from './workingFacts.ts'

export interface Batch {
  community: string
  deviceId: string
  memberId: string
  incarnation: string
  commands: readonly RawCommand[]
  /** What the phone says it will still hold unsent after this request. */
  unsent: number
  /** The phone is draining and has nothing more: its enrolment may end. */
  leaving?: boolean
  /** Set when another device brings this along in a file, made when its recorder knew `epoch` (SYNC-13). */
  carried?: { by: string; epoch: string | null }
}

/** A command as it came in: its head is known to be sound, the rest is judged one command at a time. */
export interface RawCommand {
  n: number
  id: string
  raw: unknown
}

export interface BatchResult {
  answers: Answer[]
  lane: LaneTrouble | null
  device: Device['state']
}

/** How often "n 台手机未同步" may be refreshed for a phone that goes on sending. */
const REPORT_EVERY_MS = 300_000

/** Refusals that may turn into their opposite once every phone has offered again what a restore lost. */
const MAY_HEAL: ReadonlySet<Refusal> = new Set([
  'not_found',
  'not_allowed',
  'stale_revision',
  'not_yours',
  'last_officer',
])

const policies = new WeakMap<ServerContext, PolicyCache>()

export function policyCacheOf(server: ServerContext): PolicyCache {
  const known = policies.get(server) ?? new PolicyCache(server.clock)
  policies.set(server, known)
  return known
}

/**
 * Takes one phone's commands in: one batch, one transaction, whose first statement locks the community's clock. Stored
 * answers, the device, the policy and all facts are read under that lock; only after the commit is anything answered.
 * An error of the database rolls everything back and the batch is tried again one command at a time, so that one poison
 * command never blocks the lane (SYNC-3).
 */
export async function commitBatch(server: ServerContext, batch: Batch): Promise<BatchResult> {
  const standing = batch.commands.length === 0 ? await standingOnly(server, batch) : null
  const unchanged: BatchResult | null = standing && { answers: [], lane: null, device: standing.device }
  if (unchanged && !standing?.flips) return unchanged
  try {
    return await commitOnce(server, batch)
  } catch (error) {
    // A full or damaged disk takes no report; what can be read is read all the same (SYNC-4).
    if (unchanged && error instanceof StorageTrouble && !error.retryable) return unchanged
    if (batch.commands.length === 0 || isRetryable(error)) throw error
    server.onFault(error, 'batch')
    return await commitOneByOne(server, batch)
  }
}

/** A poll that brings nothing and would change no report takes no lock: pulls never wait for pushes (SYNC-4). */
async function standingOnly(
  server: ServerContext,
  { community, deviceId, unsent, leaving }: Batch,
): Promise<{ device: Device['state']; flips: boolean } | null> {
  const rows = await readRecords(server.storage.db, community, [
    { kind: 'device', id: deviceId },
    { kind: 'deviceReport', id: deviceId },
  ])
  const bodyOf = (kind: string) => rows.find((row) => row.kind === kind && !row.deleted)?.body
  const device = JSON.parse(bodyOf('device') ?? 'null') as Device | null
  const report = JSON.parse(bodyOf('deviceReport') ?? 'null') as DeviceReport | null
  if (!device) return null
  const { state } = device
  const ends = state === 'draining' && leaving === true
  return { device: state, flips: ends || (mayInSync('decide', state) && flips(report, unsent)) }
}

/** Whether "n 台手机未同步" would change. */
function flips(report: DeviceReport | null, unsent: number): boolean {
  return (report?.unsent ?? 0) > 0 !== unsent > 0
}

async function commitOneByOne(server: ServerContext, batch: Batch): Promise<BatchResult> {
  const result: BatchResult = { answers: [], lane: null, device: 'active' }
  for (const command of batch.commands) {
    const single = { ...batch, commands: [command] }
    const outcome = await commitOnce(server, single).catch((error: unknown) => {
      if (isRetryable(error)) throw error
      server.onFault(error, 'command')
      return holdFaulty(server, single)
    })
    result.answers.push(...outcome.answers)
    result.device = outcome.device
    result.lane = outcome.lane
    if (outcome.lane) break
  }
  return result
}

/**
 * Keeps a command that the database will not take, and tells its leader. Where even the telling is refused, the payload
 * is kept in silence: one poison command never blocks the lane.
 */
async function holdFaulty(server: ServerContext, single: Batch): Promise<BatchResult> {
  try {
    return await commitOnce(server, single, 'announced')
  } catch (error) {
    if (isRetryable(error)) throw error
    server.onFault(error, 'hold')
    return commitOnce(server, single, 'silent')
  }
}

/** Trouble of the moment (connection, disk, lock): the phone keeps its commands and comes again. */
function isRetryable(error: unknown): boolean {
  return error instanceof Error && error.name === 'StorageTrouble'
}

/** Whether the one command of a batch is known to be poison, and whether its leader can be told. */
type Faulty = 'announced' | 'silent' | null

async function commitOnce(server: ServerContext, batch: Batch, faulty: Faulty = null): Promise<BatchResult> {
  const result = await server.storage.transaction(async (trx) => {
    const work = await BatchWork.begin(server, trx, batch)
    for (const command of batch.commands) {
      await work.take(command, faulty)
      if (work.lane) break
    }
    await work.report(batch.unsent)
    await work.end()
    return { ...(await work.write()), lane: work.lane, device: work.device.state }
  })
  if (result.changed) server.pokes.emit('poke', batch.community)
  if (result.journalled) server.pokes.emit('journal', batch.community)
  if (result.goesOn) server.pokes.emit('former', batch.community)
  return { answers: result.answers, lane: result.lane, device: result.device }
}

/** What is decided of one command, before the batch knows the clocks of its rows. */
interface Taken {
  command: RawCommand
  hash: string
  verb: string
  answer: Answer
  keys: readonly string[]
}

/** What stands when a batch begins, read under the clock's lock. */
interface Begun {
  clock: number
  epoch: string
  device: Device
  policy: Policy
  stored: ReadonlyMap<string, { hash: string; answer: Answer }>
  lastN: number
  facts: WorkingFacts
}

class BatchWork {
  readonly #server: ServerContext
  readonly #trx: Transaction<Tables>
  readonly #batch: Batch
  readonly #begun: Begun
  readonly #received: number
  readonly #facts: WorkingFacts
  readonly #judge: Judge
  readonly #holds: Holds
  readonly #taken = new Map<string, Taken>()
  /** Repeats within one batch get their answer when the first of them has its clock. */
  readonly #answers: (() => Answer)[] = []
  readonly #former = new Map<string, boolean>()
  #n: number
  lane: LaneTrouble | null = null
  device: Device

  static async begin(server: ServerContext, trx: Transaction<Tables>, batch: Batch): Promise<BatchWork> {
    const { community, deviceId, commands } = batch
    const clock = await lockClock(trx, community)
    if (!clock) throw new Error('unknown community')
    const policy = await policyCacheOf(server).read(trx, community)
    const ids = commands.map((command) => command.id)
    const stored = ids.length > 0 ? await readCommands(trx, community, ids) : []
    const answers = new Map(stored.map((row) => [row.id, { hash: row.hash, answer: JSON.parse(row.answer) as Answer }]))
    const lastN = (await readLane(trx, community, deviceId, batch.incarnation)) ?? 0
    const facts = new WorkingFacts(trx, community)
    await prefetch(
      facts,
      batch,
      commands.filter((command) => !answers.has(command.id)),
    )
    const device = facts.get('device', deviceId)
    if (typeof device !== 'object') throw new Error('unknown device')
    return new BatchWork(server, trx, batch, { ...clock, facts, device, policy, stored: answers, lastN })
  }

  private constructor(server: ServerContext, trx: Transaction<Tables>, batch: Batch, begun: Begun) {
    this.#server = server
    this.#trx = trx
    this.#batch = batch
    this.#begun = begun
    this.#facts = begun.facts
    this.#n = begun.lastN
    this.#received = server.clock.now()
    const guard = withoutRevoked.bind(null, trx, batch.community)
    this.#judge = new Judge(batch.community, begun.facts, begun.policy, this.#received, guard)
    this.#holds = new Holds(server, trx, batch.community, begun.facts, this.#judge, this.#received)
    this.device = begun.device
  }

  /** Takes one command in the order of the lane. What was answered before is answered the same again (SYNC-2). */
  async take(command: RawCommand, faulty: Faulty): Promise<void> {
    if (this.device.state === 'revoked') return
    // What a teammate brings takes no number: the lane is between the recorder's own phone and us (SYNC-13).
    if (this.#batch.carried) return this.#repeat(command) ? undefined : this.#decideNew(command, faulty)
    if (this.#repeat(command)) {
      // A repeat under a new incarnation (a fork, a re-offer) takes its place in that lane all the same.
      if (command.n === this.#n + 1) this.#n++
      await this.#keepWaitingHere(command)
      return
    }
    if (command.n <= this.#n) {
      this.lane = { fork: true }
      return
    }
    if (command.n !== this.#n + 1) {
      this.lane = { expected: this.#n + 1 }
      return
    }
    this.#n++
    await this.#decideNew(command, faulty)
  }

  /**
   * What waits under an enrolment that its phone has lost goes on waiting under this one, or its answer would go where
   * nobody asks any more. If nothing but the confirmation was missing, it is decided now. A request of the lost enrolment
   * that arrives after that takes nothing back.
   */
  async #keepWaitingHere(command: RawCommand): Promise<void> {
    const { id, n } = command
    const stored = this.#begun.stored.get(id)
    if (stored?.answer.result !== 'held' || stored.hash !== hashOf(command)) return
    const { community, deviceId: device, memberId: member } = this.#batch
    const held = await readHeldRow(this.#trx, community, id)
    if (!held || (await this.#isYounger(held.device))) return
    const moved = await moveHeld(this.#trx, community, id, { device, member, n })
    if (moved && this.device.state === 'active') await this.#holds.release(put('device', this.device))
  }

  /** Whether an enrolment is younger than the one that asks. */
  async #isYounger(deviceId: string): Promise<boolean> {
    await this.#facts.load([{ row: { kind: 'device', id: deviceId, scope: '' } }])
    const other = this.#facts.get('device', deviceId)
    return typeof other === 'object' && other.enrolledAt > this.device.enrolledAt
  }

  #repeat(command: RawCommand): boolean {
    const { id } = command
    const known = this.#begun.stored.get(id) ?? this.#taken.get(id)
    if (!known) return false
    const same = known.hash === hashOf(command)
    this.#answers.push(() =>
      same ? { ...known.answer, again: true } : { id, result: 'refused', code: 'id_conflict', again: true },
    )
    return true
  }

  async #decideNew(command: RawCommand, faulty: Faulty): Promise<void> {
    const shaped = check(wireCommand, command.raw)
    if (!shaped.ok) return this.#keep(command, '', refusal(command.id, shaped.code))
    const wire = shaped.value
    const since = wire.after ?? this.device.enrolledAt
    const { effective } = effectiveTime(wire.claimedAt, wire.offsetMs, since, this.#received)
    const stoodIn = wire.formerly?.epoch ?? this.#batch.carried?.epoch
    const former = stoodIn ? await this.#isFormer(stoodIn) : false
    const { memberId, deviceId } = this.#batch
    const deed: Deed = { wire, memberId, deviceId, effective, former, overruled: false }
    // Before anything keeps its payload: what was erased comes back from no archive (SYNC-14).
    if (await this.#judge.isErased(wire)) return this.#keep(command, wire.verb, refusal(wire.id, 'text_erased'))
    if (!mayInSync('decide', this.device.state)) return this.#hold(command, deed, 'pendingDevice')
    if (faulty) return this.#hold(command, deed, 'fault', faulty === 'announced')
    const before = this.#facts.revision
    try {
      await this.#decide(command, deed)
    } catch (error) {
      // A throw in `decide` has changed nothing yet; one while its changes were being taken in spoils the batch.
      if (this.#facts.revision !== before || isRetryable(error)) throw error
      this.#server.onFault(error, wire.verb)
      await this.#hold(command, deed, 'fault')
    }
  }

  async #decide(command: RawCommand, deed: Deed): Promise<void> {
    const { id, verb } = deed.wire
    const decision = await this.#judge.decide(deed)
    if (typeof decision === 'string') {
      return this.#hold(command, deed, deed.former && decision === 'notGranted' ? 'restored' : decision)
    }
    if (!decision.accepted) {
      // What it stood on may still be on its way from another phone (SYNC-8).
      if (deed.former && MAY_HEAL.has(decision.code)) return this.#hold(command, deed, 'restored')
      return this.#keep(command, verb, refusal(id, decision.code))
    }
    await this.#facts.apply(decision.changes)
    for (const change of decision.changes) {
      this.#judge.adopt(change)
      await this.#holds.release(change)
    }
    this.#keep(command, verb, { id, result: 'applied', clock: this.#begun.clock }, decision.changes.map(keyOf))
  }

  async #isFormer(epoch: string): Promise<boolean> {
    const known = this.#former.get(epoch)
    if (known !== undefined) return known
    const former = await isFormerEpoch(this.#trx, this.#batch.community, epoch, this.#received)
    this.#former.set(epoch, former)
    return former
  }

  async #hold(command: RawCommand, deed: Deed, why: HoldReason, announced = true): Promise<void> {
    const keys = await this.#holds.keep(command, deed, why, announced)
    this.#keep(command, deed.wire.verb, { id: command.id, result: 'held', until: why }, keys)
  }

  #keep(command: RawCommand, verb: string, answer: Answer, keys: readonly string[] = []): void {
    // A refusal is told to nobody but the recorder, by the recorder's own sync: a part that came before the one that it
    // stands on must not spoil it for good (SYNC-13).
    if (this.#batch.carried && answer.result === 'refused') {
      this.#answers.push(() => answer)
      return
    }
    this.#taken.set(command.id, { command, hash: hashOf(command), verb, answer, keys })
    this.#answers.push(() => answer)
  }

  /** Keeps "n 台手机未同步" true without a row for every request. */
  async report(unsent: number): Promise<void> {
    const { deviceId, memberId } = this.#batch
    if (!mayInSync('decide', this.device.state) || this.#batch.carried) return
    const known = this.#facts.get('deviceReport', deviceId)
    const before = typeof known === 'object' ? known : null
    const stale = this.#taken.size > 0 && this.#received - (before?.reportedAt ?? 0) > REPORT_EVERY_MS
    if (!flips(before, unsent) && !stale) return
    await this.#facts.apply([put('deviceReport', { id: deviceId, memberId, unsent, reportedAt: this.#received })])
  }

  /** A draining phone that has nothing more, and says so, is let go. */
  async end(): Promise<void> {
    const { leaving, commands, unsent } = this.#batch
    if (this.device.state !== 'draining' || !leaving || commands.length > 0 || unsent > 0) return
    this.device = { ...this.device, state: 'revoked' }
    await this.#facts.apply([put('device', this.device)])
  }

  /** Gives every changed row its own clock and writes all of it. */
  async write(): Promise<{ answers: Answer[]; changed: boolean; journalled: boolean; goesOn: boolean }> {
    const { community, deviceId, memberId, incarnation } = this.#batch
    const { clock, epoch, lastN } = this.#begun
    const isMoreFormer = this.#taken.size > 0 && (await this.#holds.retryFormer())
    const from = { clock, epoch, at: this.#received }
    const { clocks, journalled } = await writeChanges(this.#trx, community, from, this.#facts)
    const lastOf = (keys: readonly string[]) => keys.reduce((last, key) => Math.max(last, clocks.get(key) ?? 0), clock)
    const taken = [...this.#taken.values()]
    for (const { answer, keys } of taken) if (answer.result === 'applied') answer.clock = lastOf(keys)
    const carrier = this.#batch.carried?.by ?? null
    const place = { device: deviceId, member: memberId, incarnation, receivedAt: this.#received, carrier }
    await insertCommands(
      this.#trx,
      community,
      taken.map(({ command: { id, n }, hash, verb, answer }) => {
        return { id, hash, n, verb, ...place, answer: JSON.stringify(answer) }
      }),
    )
    // What waited at first and was settled before the end is answered as it ended.
    const settled = await this.#holds.writeAnswers(lastOf)
    if (this.#n !== lastN) await putLane(this.#trx, community, deviceId, incarnation, this.#n)
    const answers = this.#answers.map((answer) => answer()).map((answer) => settled.get(answer.id) ?? answer)
    // Only what came back from a lost history helps what waits for it.
    const goesOn = isMoreFormer && [...this.#former.values()].includes(true)
    return { answers, changed: clocks.size > 0, journalled, goesOn }
  }
}

function keyOf({ kind, id }: Change): string {
  return `${kind} ${id}`
}

function refusal(id: string, code: Refusal): Answer {
  return { id, result: 'refused', code }
}

function hashOf(command: RawCommand): string {
  return commandHash(command.raw as WireCommand)
}
