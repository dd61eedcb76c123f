import type { Transaction } from 'kysely'
import { type Decision } from '../src/domain/command.ts'
import { put } from '../src/domain/put.ts'
import { isErased } from '../src/domain/erasures.ts'
import { isEstimated } from '../src/domain/estimatedTime.ts'
import { mintId } from '../src/domain/hash.ts'
import type { Change } from '../src/domain/record.ts'
import type { Device } from '../src/domain/records/device.ts'
import type { Erasure } from '../src/domain/records/erasure.ts'
import type { Hold } from '../src/domain/records/hold.ts'
import { coarseTime } from '../src/domain/times.ts'
import { writtenTextOf } from '../src/domain/writtenText.ts'
import type { Answer, HoldReason, WireCommand } from '../src/protocol/sync.ts'
import type { ServerContext } from './context.ts'
import type { Deed, Judge } from './Judge.ts'
import { readHeldOf, readHeldRow, readHeldWhy, setHeldWhy, updateAnswer, type HeldPlace } from './storage/enrolments.ts'
import { readHeldNaming } from './storage/journal.ts'
import { putHeld, takeHeld, type HeldRow } from './storage/records.ts'
import type { Tables } from './storage/tables.ts'
import type { WorkingFacts } from './workingFacts.ts'

/** How many waiting commands one batch tries again after a restore; the next batch goes on behind them. */
export const RETRIES_A_BATCH = 100
/** How often these are judged at most in one batch: each success may be what another one waits for. */
const JUDGED_A_BATCH = 300
/** What waits for the server itself: for a newer one, or for one that does not stumble. */
const SERVERS_OWN: readonly HoldReason[] = ['unknownVersion', 'fault']

/** Where the last batch of each community left off. */
const turns = new WeakMap<ServerContext, Map<string, HeldPlace>>()

function turnsOf(server: ServerContext): Map<string, HeldPlace> {
  const known = turns.get(server) ?? new Map<string, HeldPlace>()
  turns.set(server, known)
  return known
}

/** What was settled in this batch; its answers follow once the batch knows the clocks of its rows. */
interface Settled {
  commandId: string
  keys: readonly string[]
  decision: Decision
}

/** Commands that wait: for a person, for a confirmation, for a newer server, or for facts that a restore lost. */
export class Holds {
  readonly #server: ServerContext
  readonly #trx: Transaction<Tables>
  readonly #community: string
  readonly #facts: WorkingFacts
  readonly #judge: Judge
  readonly #received: number
  readonly #settled: Settled[] = []

  constructor(
    server: ServerContext,
    trx: Transaction<Tables>,
    community: string,
    facts: WorkingFacts,
    judge: Judge,
    received: number,
  ) {
    this.#server = server
    this.#trx = trx
    this.#community = community
    this.#facts = facts
    this.#judge = judge
    this.#received = received
  }

  /**
   * Keeps a command's raw payload and puts it before those who may settle it.
   *
   * @returns the keys of the rows that this wrote
   */
  async keep(raw: { n: number; raw: unknown }, deed: Deed, why: HoldReason, announced: boolean): Promise<string[]> {
    const { wire, memberId, deviceId, effective } = deed
    const payload = { id: wire.id, device: deviceId, member: memberId, n: raw.n, raw: JSON.stringify(raw.raw) }
    const moments = { receivedAt: this.#received, effectiveAt: effective }
    await putHeld(this.#trx, this.#community, [{ ...payload, why, ...moments }])
    // A phone that nobody has confirmed is itself what the leader looks at.
    return announced && why !== 'pendingDevice' ? this.#announce(deed, why) : []
  }

  async #announce(deed: Deed, why: HoldReason) {
    const { wire, memberId, effective } = deed
    const actor = this.#judge.actorOf(deed, false)
    const args = (wire.args ?? {}) as { stairwellId?: unknown; label?: unknown }
    const hold: Hold = {
      id: mintId('hold', wire.id),
      commandId: wire.id,
      memberId,
      teamId: actor?.teamId ?? null,
      verb: wire.verb,
      why,
      stairwellId: shortText(args.stairwellId, 32),
      doorLabel: shortText(args.label, 16),
      // When a door was empty is nobody's business, not the leader's either.
      claimedAt: coarseTime(effective),
      ...(isEstimated(wire.claimedAt - wire.offsetMs, effective) ? { estimated: true as const } : {}),
      state: 'waiting',
    }
    // A record never changes its scope: what was announced to one team is settled there, wherever its author is now.
    const standing = await this.#holdOf(wire.id)
    const teamId = standing ? standing.teamId : hold.teamId
    await this.#facts.apply([put('hold', { ...hold, teamId })])
    return [`hold ${hold.id}`]
  }

  async #holdOf(commandId: string): Promise<Hold | null> {
    const id = mintId('hold', commandId)
    await this.#facts.load([{ row: { kind: 'hold', id, scope: '' } }])
    const found = this.#facts.get('hold', id)
    return typeof found === 'object' ? found : null
  }

  /** What a person just let through: a settled hold, or all that a phone pushed while it was pending. */
  async release({ kind, body }: Change): Promise<void> {
    if (kind === 'hold') {
      const { state, commandId } = body as Hold
      if (state === 'waiting') return
      const held = await readHeldRow(this.#trx, this.#community, commandId)
      if (held) await this.#settle(held, state === 'accepted' ? 'overruled' : 'declined')
    }
    if (kind === 'erasure' && body) await this.#forget(body as Erasure)
    if (kind === 'device') {
      const { id, state } = body as Device
      if (state !== 'active') return
      for (const held of await readHeldOf(this.#trx, this.#community, id, 'pendingDevice')) {
        await this.#settle(held, 'asked')
      }
    }
  }

  /** What waits and writes an erased text waits no longer: its payload goes with the text (SYNC-14). */
  async #forget(erasure: Erasure): Promise<void> {
    for (const held of await readHeldNaming(this.#trx, this.#community, erasure.subjectId)) {
      const text = writtenTextOf(JSON.parse(held.raw) as WireCommand)
      if (text && isErased(text, erasure)) await this.#finish(held, { accepted: false, code: 'text_erased' })
    }
  }

  /**
   * After a restore: what waited for facts may find them now. Batches take turns, so that what can never be applied does
   * not stand for ever before what can, and no phone's batch pays for more than its share.
   *
   * @returns whether more waits than this batch has looked at
   */
  async retryFormer(): Promise<boolean> {
    const places = turnsOf(this.#server)
    const after = places.get(this.#community) ?? null
    const behind = after ? await this.#former(RETRIES_A_BATCH, after) : []
    const left = RETRIES_A_BATCH - behind.length
    const taken = new Set(behind.map(({ id }) => id))
    const first = left > 0 ? (await this.#former(left, null)).filter(({ id }) => !taken.has(id)) : []
    const some = [...behind, ...first]
    const last = some.at(-1)
    if (last && some.length === RETRIES_A_BATCH) places.set(this.#community, placeOf(last))
    else places.delete(this.#community)
    await this.#tryFormer(some)
    return some.length === RETRIES_A_BATCH
  }

  #former(limit: number, after: HeldPlace | null): Promise<HeldRow[]> {
    return readHeldWhy(this.#trx, this.#community, ['restored'], limit, after)
  }

  /** Each success may be what the next one waits for. @returns how many there were */
  async #tryFormer(some: readonly HeldRow[]): Promise<number> {
    let waiting = some
    let judged = 0
    for (let before = -1; waiting.length !== before && waiting.length > 0 && judged < JUDGED_A_BATCH;) {
      before = waiting.length
      const still: HeldRow[] = []
      for (const held of inFormerOrder(waiting)) {
        judged++
        const decision = await this.#judgeAgain(held, false)
        if (typeof decision === 'string' || !decision.accepted) still.push(held)
        else await this.#finish(held, decision)
      }
      waiting = still
    }
    return some.length - waiting.length
  }

  /**
   * Tries again what waits, in its order, some at a time: what waits for the server itself, or after a restore for facts.
   *
   * @returns how many were settled, and where to go on; `next` is `null` at the end
   */
  async retry(
    whose: 'server' | 'restored',
    after: HeldPlace | null,
    limit: number,
  ): Promise<{ settled: number; next: HeldPlace | null }> {
    const why = whose === 'server' ? SERVERS_OWN : ['restored']
    const rows = await readHeldWhy(this.#trx, this.#community, why, limit, after)
    const last = rows.at(-1)
    const next = last && rows.length === limit ? placeOf(last) : null
    if (whose === 'restored') return { settled: await this.#tryFormer(rows), next }
    let settled = 0
    for (const held of rows) {
      const decision = await this.#judgeAgain(held, false)
      if (typeof decision === 'string') await this.#waitFor(held, decision)
      else await this.#finish(held, decision)
      if (typeof decision !== 'string') settled++
    }
    return { settled, next }
  }

  /** A command that the server understands now may still have to wait, for somebody who decides. */
  async #waitFor(held: HeldRow, why: HoldReason): Promise<void> {
    if (why === held.why) return
    await setHeldWhy(this.#trx, this.#community, held.id, why)
    await updateAnswer(this.#trx, this.#community, held.id, JSON.stringify({ id: held.id, result: 'held', until: why }))
    await this.#announce(deedOf(held, false), why)
  }

  async #settle(held: HeldRow, how: 'asked' | 'overruled' | 'declined'): Promise<void> {
    if (how === 'declined') return this.#finish(held, { accepted: false, code: 'not_allowed' })
    const decision = await this.#judgeAgain(held, how === 'overruled')
    if (typeof decision !== 'string') return this.#finish(held, decision)
    await this.#announce(deedOf(held, false), decision)
  }

  async #judgeAgain(held: HeldRow, overruled: boolean): Promise<Decision | HoldReason> {
    const deed = deedOf(held, overruled)
    try {
      return await this.#judge.decide(deed)
    } catch (error) {
      // The rule of the held command threw, not the one that let it through: it goes on waiting.
      if (error instanceof Error && (error.name === 'StorageTrouble' || error.name === 'StatementFault')) throw error
      this.#server.onFault(error, deed.wire.verb)
      return 'fault'
    }
  }

  async #finish(held: HeldRow, decision: Decision): Promise<void> {
    const keys: string[] = []
    await takeHeld(this.#trx, this.#community, [held.id])
    if (decision.accepted) {
      await this.#facts.apply(decision.changes)
      for (const change of decision.changes) {
        keys.push(`${change.kind} ${change.id}`)
        this.#judge.adopt(change)
        await this.release(change)
      }
    }
    const hold = await this.#holdOf(held.id)
    if (hold?.state === 'waiting') {
      await this.#facts.apply([put('hold', { ...hold, state: decision.accepted ? 'accepted' : 'declined' })])
    }
    const late = {
      id: mintId('lateAnswer', held.id),
      deviceId: held.device,
      commandId: held.id,
      result: decision.accepted ? ('applied' as const) : ('refused' as const),
      code: decision.accepted ? null : decision.code,
      settledAt: this.#received,
    }
    await this.#facts.apply([put('lateAnswer', late)])
    this.#settled.push({ commandId: held.id, keys: [...keys, `lateAnswer ${late.id}`], decision })
  }

  /**
   * Replaces the stored answers of what was settled.
   *
   * @param clockOf the last clock of some rows
   * @returns the answers, by command
   */
  async writeAnswers(clockOf: (keys: readonly string[]) => number): Promise<ReadonlyMap<string, Answer>> {
    const answers = new Map<string, Answer>()
    for (const { commandId: id, keys, decision } of this.#settled) {
      const answer: Answer = decision.accepted
        ? { id, result: 'applied', clock: clockOf(keys) }
        : { id, result: 'refused', code: decision.code }
      answers.set(id, answer)
      await updateAnswer(this.#trx, this.#community, id, JSON.stringify(answer))
    }
    return answers
  }
}

/** A held command as a deed, at the time that was believed when it came in. */
function deedOf(held: HeldRow, overruled: boolean): Deed {
  const wire = JSON.parse(held.raw) as WireCommand
  const whose = { memberId: held.member, deviceId: held.device, effective: held.effectiveAt }
  return { wire, ...whose, former: held.why === 'restored', overruled }
}

export function placeOf({ receivedAt, n, id }: HeldPlace): HeldPlace {
  return { receivedAt, n, id }
}

/** By the place that the commands had in the lost history: what came first there is tried first. */
function inFormerOrder(rows: readonly HeldRow[]): HeldRow[] {
  const placeOf = (row: HeldRow) => (JSON.parse(row.raw) as WireCommand).formerly?.clock ?? Number.MAX_SAFE_INTEGER
  return [...rows].sort((left, right) => placeOf(left) - placeOf(right) || left.n - right.n)
}

function shortText(value: unknown, most: number): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= most && /^[\p{L}\p{N}_-]+$/u.test(value)
    ? value
    : null
}
