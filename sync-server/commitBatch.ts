import type { Transaction } from 'kysely'
import { judge } from '../src/domain/access.ts'
import { put, type Actor, type Decision, type Refusal } from '../src/domain/command.ts'
import { check, type FieldCode } from '../src/domain/fields.ts'
import { mintId } from '../src/domain/hash.ts'
import type { Change } from '../src/domain/record.ts'
import type { Device } from '../src/domain/records/device.ts'
import type { DeviceReport } from '../src/domain/records/deviceReport.ts'
import type { Hold } from '../src/domain/records/hold.ts'
import type { Args } from '../src/domain/verbs.ts'
import { commandOf, isVerb, type Verb } from '../src/domain/verbs.ts'
import { commandHash } from '../src/protocol/commandHash.ts'
import { effectiveTime } from '../src/protocol/effectiveTime.ts'
import { DAY_MS, LIMITS } from '../src/protocol/limits.ts'
import { wireCommand, type Answer, type HoldReason, type LaneTrouble, type WireCommand } from '../src/protocol/sync.ts'
import { writeChanges } from './commitDeed.ts'
import type { ServerContext } from './context.ts'
import { actorAt, buildPolicy, PolicyCache, type Policy } from './policy.ts'
import { readHeldOf, readHeldRow, updateAnswer } from './storage/enrolments.ts'
import {
  insertCommands,
  lockClock,
  putHeld,
  putLane,
  readCommands,
  readLane,
  takeHeld,
  type HeldRow,
} from './storage/records.ts'
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
  device: 'pending' | 'active' | 'revoked'
}

/** How often "n 台手机未同步" may be refreshed for a phone that goes on sending. */
const REPORT_EVERY_MS = 300_000

const policies = new WeakMap<ServerContext, PolicyCache>()

export function policyCacheOf(server: ServerContext): PolicyCache {
  const known = policies.get(server) ?? new PolicyCache()
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
  try {
    return await commitOnce(server, batch)
  } catch (error) {
    if (batch.commands.length === 0 || isRetryable(error)) throw error
    server.onFault(error, 'batch')
    return await commitOneByOne(server, batch)
  }
}

async function commitOneByOne(server: ServerContext, batch: Batch): Promise<BatchResult> {
  const result: BatchResult = { answers: [], lane: null, device: 'active' }
  for (const command of batch.commands) {
    const single = { ...batch, commands: [command] }
    const outcome = await commitOnce(server, single).catch((error: unknown) => {
      if (isRetryable(error)) throw error
      server.onFault(error, 'command')
      return commitOnce(server, single, new Set([command.id]))
    })
    result.answers.push(...outcome.answers)
    result.device = outcome.device
    result.lane = outcome.lane
    if (outcome.lane) break
  }
  return result
}

/** Trouble of the moment (connection, disk, lock): the phone keeps its commands and comes again. */
function isRetryable(error: unknown): boolean {
  return error instanceof Error && error.name === 'StorageTrouble'
}

async function commitOnce(
  server: ServerContext,
  batch: Batch,
  faulty: ReadonlySet<string> = new Set(),
): Promise<BatchResult> {
  const result = await server.storage.transaction(async (trx) => {
    const work = await BatchWork.begin(server, trx, batch)
    for (const command of batch.commands) {
      await work.take(command, faulty.has(command.id))
      if (work.lane) break
    }
    await work.report(batch.unsent)
    return { ...(await work.write()), lane: work.lane, device: work.device.state }
  })
  if (result.changed) server.pokes.emit('poke', batch.community)
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

class BatchWork {
  readonly #trx: Transaction<Tables>
  readonly #batch: Batch
  readonly #server: ServerContext
  readonly #clock: number
  readonly #received: number
  readonly #stored: ReadonlyMap<string, { hash: string; answer: Answer }>
  readonly #lastN: number
  #policy: Policy
  #n: number
  readonly #facts: WorkingFacts
  readonly #taken: Taken[] = []
  readonly #answers: Answer[] = []
  readonly #late: { commandId: string; keys: readonly string[]; decision: Decision }[] = []
  lane: LaneTrouble | null = null
  readonly device: Device

  static async begin(server: ServerContext, trx: Transaction<Tables>, batch: Batch): Promise<BatchWork> {
    const { community, deviceId } = batch
    const clock = await lockClock(trx, community)
    if (!clock) throw new Error('unknown community')
    const facts = new WorkingFacts(trx, community)
    await facts.load([{ row: { kind: 'device', id: deviceId, scope: '' } }])
    const device = facts.get('device', deviceId)
    if (typeof device !== 'object') throw new Error('unknown device')
    const policy = await policyCacheOf(server).read(trx, community)
    const ids = batch.commands.map((command) => command.id)
    const stored = ids.length > 0 ? await readCommands(trx, community, ids) : []
    const lastN = (await readLane(trx, community, deviceId, batch.incarnation)) ?? 0
    const answers = new Map(stored.map((row) => [row.id, { hash: row.hash, answer: JSON.parse(row.answer) as Answer }]))
    return new BatchWork(server, trx, batch, { clock: clock.clock, facts, device, policy, stored: answers, lastN })
  }

  private constructor(
    server: ServerContext,
    trx: Transaction<Tables>,
    batch: Batch,
    begun: {
      clock: number
      facts: WorkingFacts
      device: Device
      policy: Policy
      stored: ReadonlyMap<string, { hash: string; answer: Answer }>
      lastN: number
    },
  ) {
    this.#server = server
    this.#trx = trx
    this.#batch = batch
    this.#clock = begun.clock
    this.#facts = begun.facts
    this.#policy = begun.policy
    this.#stored = begun.stored
    this.#lastN = begun.lastN
    this.#n = begun.lastN
    this.#received = server.clock.now()
    this.device = begun.device
  }

  /** Takes one command in the order of the lane. What was answered before is answered the same again. */
  async take(command: RawCommand, faulty: boolean): Promise<void> {
    if (this.device.state === 'revoked') return
    const repeated = this.#repeat(command)
    if (repeated) {
      this.#answers.push(repeated)
      // A repeat under a new incarnation (a fork, a re-offer) takes its place in that lane all the same.
      if (command.n === this.#n + 1) this.#n++
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

  #repeat(command: RawCommand): Answer | null {
    const hash = hashOf(command)
    const known = this.#stored.get(command.id) ?? this.#taken.find((entry) => entry.command.id === command.id)
    if (!known) return null
    if (known.hash !== hash) return { id: command.id, result: 'refused', code: 'id_conflict', again: true }
    return { ...known.answer, again: true }
  }

  async #decideNew(command: RawCommand, faulty: boolean): Promise<void> {
    const shaped = check(wireCommand, command.raw)
    const wire = shaped.ok ? shaped.value : null
    const verb = wire?.verb ?? ''
    if (!wire) return this.#keep(command, verb, refusal(command.id, shaped.ok ? 'bad_field' : shaped.code))
    if (this.device.state === 'pending') return this.#hold(command, wire, 'pendingDevice', this.#received)
    if (faulty) return this.#hold(command, wire, 'fault', this.#received)
    const { effective } = effectiveTime(wire.claimedAt, wire.offsetMs, wire.after, this.#received)
    const before = this.#facts.changes().length
    try {
      const verdict = await this.#judgeAndDecide(wire, this.#batch.memberId, this.#batch.deviceId, effective, true)
      if (typeof verdict === 'string') return await this.#hold(command, wire, verdict, effective)
      if (!verdict.accepted) return this.#keep(command, verb, refusal(command.id, verdict.code))
      const keys = await this.#apply(verdict.changes)
      this.#keep(command, verb, { id: command.id, result: 'applied', clock: this.#clock }, keys)
    } catch (error) {
      // A throw in `decide` has changed nothing yet; one while its changes were being taken in spoils the batch.
      if (this.#facts.changes().length !== before || isRetryable(error)) throw error
      this.#server.onFault(error, verb)
      await this.#hold(command, wire, 'fault', effective)
    }
  }

  /** Policy and rule of one command; a hold's reason where the deed must wait for a person. */
  async #judgeAndDecide(
    wire: WireCommand,
    memberId: string,
    deviceId: string,
    effective: number,
    withPolicy: boolean,
  ): Promise<Decision | HoldReason> {
    const { verb } = wire
    if (!isVerb(verb)) return 'unknownVersion'
    const rule = commandOf(verb)
    if (wire.version > rule.version) return 'unknownVersion'
    const args = check(rule.args, wire.args)
    if (!args.ok) return { accepted: false, code: args.code satisfies FieldCode }
    const community = this.#batch.community
    // A deed at a door is judged by the bond of its hour; giving rights away is judged by the bond of now.
    const actor =
      actorAt(this.#policy, community, memberId, deviceId, rule.stairwellOf ? effective : this.#received) ??
      actorAt(this.#policy, community, memberId, deviceId, this.#received)
    if (!actor) return withPolicy ? 'notGranted' : { accepted: false, code: 'not_allowed' }
    const stairwellId = rule.stairwellOf?.(args.value)
    if (stairwellId !== undefined && !(await this.#isStairwell(stairwellId))) {
      return { accepted: false, code: 'not_found' }
    }
    if (withPolicy) {
      const waits = this.#verdict(verb, args.value, actor, stairwellId, effective)
      if (waits) return waits
    }
    const newId = (k: number) => mintId(wire.id, String(k))
    await this.#facts.load(rule.reads(args.value, actor, newId))
    const at = { claimed: wire.claimedAt, effective, received: this.#received }
    return rule.decide({ args: args.value, actor, at, newId }, this.#facts)
  }

  /** A stairwell nowhere and a stairwell elsewhere give the same answer, before any policy is asked. */
  async #isStairwell(stairwellId: string): Promise<boolean> {
    await this.#facts.load([{ row: { kind: 'stairwell', id: stairwellId, scope: '' } }])
    return this.#facts.get('stairwell', stairwellId) !== 'absent'
  }

  #verdict(
    verb: Verb,
    args: unknown,
    actor: Actor,
    stairwellId: string | undefined,
    effective: number,
  ): Decision | HoldReason | null {
    const assignments = stairwellId === undefined ? [] : (this.#policy.assignments.get(stairwellId) ?? [])
    const verdict = judge(verb, args as Args<typeof verb>, actor, assignments, effective, this.#received)
    if (verdict === 'deny') return { accepted: false, code: 'not_allowed' }
    if (verdict === 'hold') return 'notGranted'
    const late = stairwellId !== undefined && this.#received - effective > LIMITS.lateDays * DAY_MS
    return late && actor.role !== 'officer' ? 'tooOld' : null
  }

  async #apply(changes: readonly Change[]): Promise<string[]> {
    await this.#facts.apply(changes)
    for (const change of changes) {
      this.#adoptPolicy(change)
      await this.#release(change)
    }
    return changes.map((change) => `${change.kind} ${change.id}`)
  }

  /** A bond or a grant that this batch changed holds for the commands behind it. */
  #adoptPolicy({ kind, body }: Change): void {
    if (kind !== 'member' && kind !== 'assignment') return
    const members = [...this.#policy.members.values()].filter((entry) => kind !== 'member' || entry.id !== body?.id)
    const assignments = [...this.#policy.assignments.values()].flat()
    const others = assignments.filter((entry) => kind !== 'assignment' || entry.id !== body?.id)
    this.#policy = buildPolicy(
      -1,
      kind === 'member' ? [...members, body as never] : members,
      kind === 'assignment' ? [...others, body as never] : others,
    )
  }

  /** What a person just let through: a settled hold, or all that a phone pushed while it was pending. */
  async #release({ kind, body }: Change): Promise<void> {
    if (kind === 'hold') {
      const hold = body as Hold
      if (hold.state === 'waiting') return
      const held = await readHeldRow(this.#trx, this.#batch.community, hold.commandId)
      if (held) await this.#settle(held, hold.state === 'accepted' ? 'apply' : 'decline')
    }
    if (kind === 'device') {
      const { id, state } = body as Device
      if (state !== 'active') return
      const waiting = await readHeldOf(this.#trx, this.#batch.community, id, 'pendingDevice')
      for (const held of waiting) await this.#settle(held, 'judge')
    }
  }

  async #settle(held: HeldRow, how: 'apply' | 'judge' | 'decline'): Promise<void> {
    const wire = JSON.parse(held.raw) as WireCommand
    const { effective } =
      how === 'judge'
        ? effectiveTime(wire.claimedAt, wire.offsetMs, wire.after, held.receivedAt)
        : { effective: held.effectiveAt }
    const verdict =
      how === 'decline'
        ? ({ accepted: false, code: 'not_allowed' } as const)
        : await this.#judgeAndDecide(wire, held.member, held.device, effective, how === 'judge')
    if (typeof verdict === 'string') {
      await this.#announce(held.id, wire, verdict, held.member)
      return
    }
    const keys = verdict.accepted ? await this.#apply(verdict.changes) : []
    const late = {
      id: mintId('lateAnswer', held.id),
      deviceId: held.device,
      commandId: held.id,
      result: verdict.accepted ? ('applied' as const) : ('refused' as const),
      code: verdict.accepted ? null : verdict.code,
    }
    await this.#facts.apply([put('lateAnswer', late)])
    await takeHeld(this.#trx, this.#batch.community, [held.id])
    this.#late.push({
      commandId: held.id,
      keys: [...keys, `lateAnswer ${late.id}`],
      decision: verdict,
    })
  }

  async #hold(command: RawCommand, wire: WireCommand, why: HoldReason, effectiveAt: number): Promise<void> {
    const { community, deviceId, memberId } = this.#batch
    const payload = {
      id: command.id,
      device: deviceId,
      member: memberId,
      n: command.n,
      raw: JSON.stringify(command.raw),
    }
    await putHeld(this.#trx, community, [{ ...payload, why, receivedAt: this.#received, effectiveAt }])
    const keys = why === 'pendingDevice' ? [] : await this.#announce(command.id, wire, why, memberId)
    this.#keep(command, wire.verb, { id: command.id, result: 'held', until: why }, keys)
  }

  /** Puts a held command before those who may settle it. */
  async #announce(commandId: string, wire: WireCommand, why: HoldReason, memberId: string): Promise<string[]> {
    const actor = actorAt(this.#policy, this.#batch.community, memberId, '', this.#received)
    const args = (wire.args ?? {}) as { stairwellId?: unknown; label?: unknown }
    const hold: Hold = {
      id: mintId('hold', commandId),
      commandId,
      memberId,
      teamId: actor?.teamId ?? null,
      verb: wire.verb,
      why,
      stairwellId: shortText(args.stairwellId, 32),
      doorLabel: shortText(args.label, 16),
      claimedAt: wire.claimedAt,
      state: 'waiting',
    }
    await this.#facts.apply([put('hold', hold)])
    return [`hold ${hold.id}`]
  }

  #keep(command: RawCommand, verb: string, answer: Answer, keys: readonly string[] = []): void {
    this.#taken.push({ command, hash: hashOf(command), verb, answer, keys })
    this.#answers.push(answer)
  }

  /** Keeps "n 台手机未同步" true without a row for every request. */
  async report(unsent: number): Promise<void> {
    const { deviceId, memberId } = this.#batch
    if (this.device.state !== 'active') return
    await this.#facts.load([{ row: { kind: 'deviceReport', id: deviceId, scope: 'c' } }])
    const known = this.#facts.get('deviceReport', deviceId)
    const before: DeviceReport | null = typeof known === 'object' ? known : null
    const flips = (before?.unsent ?? 0) > 0 !== unsent > 0
    const stale = this.#taken.length > 0 && this.#received - (before?.reportedAt ?? 0) > REPORT_EVERY_MS
    if (!flips && !stale) return
    await this.#facts.apply([put('deviceReport', { id: deviceId, memberId, unsent, reportedAt: this.#received })])
  }

  /** Gives every changed row its own clock and writes all of it. */
  async write(): Promise<{ answers: Answer[]; changed: boolean }> {
    const { community, deviceId, memberId, incarnation } = this.#batch
    const clocks = await writeChanges(this.#trx, community, this.#clock, this.#facts)
    const lastOf = (keys: readonly string[]) => Math.max(this.#clock, ...keys.map((key) => clocks.get(key) ?? 0))
    for (const { answer, keys } of this.#taken) if (answer.result === 'applied') answer.clock = lastOf(keys)
    await insertCommands(
      this.#trx,
      community,
      this.#taken.map(({ command, hash, verb, answer }) => ({
        id: command.id,
        hash,
        device: deviceId,
        member: memberId,
        incarnation,
        n: command.n,
        verb: verb.slice(0, 40),
        receivedAt: this.#received,
        answer: JSON.stringify(answer),
      })),
    )
    for (const { commandId, keys, decision } of this.#late) {
      const answer = decision.accepted
        ? { id: commandId, result: 'applied', clock: lastOf(keys) }
        : { id: commandId, result: 'refused', code: decision.code }
      await updateAnswer(this.#trx, community, commandId, JSON.stringify(answer))
    }
    if (this.#n !== this.#lastN) await putLane(this.#trx, community, deviceId, incarnation, this.#n)
    return { answers: this.#answers, changed: clocks.size > 0 }
  }
}

function refusal(id: string, code: Refusal): Answer {
  return { id, result: 'refused', code }
}

function hashOf(command: RawCommand): string {
  return commandHash(command.raw as WireCommand)
}

function shortText(value: unknown, most: number): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= most && /^[\p{L}\p{N}_-]+$/u.test(value)
    ? value
    : null
}
