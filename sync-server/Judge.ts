import { currentAssignments, judge, mayRead, POLICY, type Rule } from '../src/domain/access.ts'
import { accept, type Actor, type Decision } from '../src/domain/command.ts'
import { isErased } from '../src/domain/erasures.ts'
import { isEstimated } from '../src/domain/estimatedTime.ts'
import { check, type FieldCode } from '../src/domain/fields.ts'
import { mintId } from '../src/domain/hash.ts'
import { stairwellScope, type Change, type Scope } from '../src/domain/record.ts'
import { commandOf, isVerb, type Verb } from '../src/domain/verbs.ts'
import { writtenTextOf } from '../src/domain/writtenText.ts'
import { DAY_MS, LIMITS } from '../src/protocol/limits.ts'
import type { HoldReason, WireCommand } from '../src/protocol/sync.ts'
import type { Assignment } from '../src/domain/records/assignment.ts'
import type { Member } from '../src/domain/records/member.ts'
import type { Round } from '../src/domain/records/round.ts'
import type { FormerPlace } from './journal.ts'
import { actorAt, entitlementOf, lastActor, type Policy } from './policy.ts'
import type { WorkingFacts } from './workingFacts.ts'

const ruleOf = (verb: Verb): Rule => POLICY[verb]

/** Whose command it is and when it was done, as far as the server believes it. */
export interface Deed {
  wire: WireCommand
  memberId: string
  deviceId: string
  /** ms on the server's clock */
  effective: number
  /** Whether the command stood in a history that was lost with a restore (SYNC-8). */
  former: boolean
  /** A person with the right to do so said that it counts: neither a missing grant nor age holds it up any more. */
  overruled: boolean
}

type Guard = (changes: readonly Change[], place: FormerPlace) => Promise<readonly Change[]>

/** Policy and rules over the facts of one batch; what one command changes holds for the next. */
export class Judge {
  readonly #community: string
  readonly #facts: WorkingFacts
  readonly #received: number
  readonly #guard: Guard
  #policy: Policy

  /** @param guard what is left of changes that a lost history made, after what was revoked since (SYNC-14) */
  constructor(community: string, facts: WorkingFacts, policy: Policy, received: number, guard: Guard) {
    this.#community = community
    this.#facts = facts
    this.#policy = policy
    this.#received = received
    this.#guard = guard
  }

  /**
   * Judges one command and runs its rule; nothing is changed yet.
   *
   * @returns the decision, or the reason for which the deed must wait for a person
   */
  async decide(deed: Deed): Promise<Decision | HoldReason> {
    const { wire, effective } = deed
    const { verb } = wire
    if (!isVerb(verb)) return 'unknownVersion'
    const rule = commandOf(verb)
    if (wire.version > rule.version) return 'unknownVersion'
    const args = check(rule.args, wire.args)
    if (!args.ok) return { accepted: false, code: args.code satisfies FieldCode }
    const stairwellId = rule.stairwellOf?.(args.value)
    const actor = this.actorOf(deed, ruleOf(verb).granted === true)
    if (!actor) return 'notGranted'
    if (stairwellId !== undefined && !(await this.#isStairwell(stairwellId))) {
      return { accepted: false, code: 'not_found' }
    }
    const waits = this.#verdict(verb, args.value, actor, stairwellId, deed)
    if (waits) return waits
    const newId = (k: number) => mintId(wire.id, String(k))
    await this.#facts.load(rule.reads(args.value, actor, newId))
    // What a lost history had applied already takes its old place: a grant given again begins when it first began.
    const received = deed.former ? effective : this.#received
    const estimated = isEstimated(wire.claimedAt - wire.offsetMs, effective)
    const at = { claimed: wire.claimedAt, effective, received, isEstimated: estimated }
    const decision = rule.decide({ args: args.value, actor, at, newId }, this.#facts)
    if (!decision.accepted) return this.#withReason(decision, args.value, deed)
    if (!deed.former) return decision
    return accept(await this.#guard(decision.changes, { formerly: wire.formerly, effective }))
  }

  /**
   * An undo or a quiz whose visit is not there any more, because its round was folded (SYNC-12), is told so. Whose a
   * visit is, nobody is told who may not read it any more.
   */
  async #withReason(refused: Decision & { accepted: false }, args: unknown, deed: Deed): Promise<Decision> {
    const { visitId, stairwellId } = args as { visitId?: string; stairwellId?: string }
    if (refused.code === 'not_yours' && stairwellId && !this.#mayRead(deed, stairwellScope(stairwellId))) {
      return { accepted: false, code: 'not_found' }
    }
    // What stood in a lost history may still get its visit back from another phone (SYNC-8).
    if (refused.code !== 'not_found' || deed.former || !visitId || !stairwellId) return refused
    const scope = stairwellScope(stairwellId)
    await this.#facts.load([{ row: { kind: 'visit', id: visitId, scope } }, { range: { kind: 'folded', scope } }])
    const isFolded = this.#facts.get('visit', visitId) === 'absent' && this.#facts.all('folded', scope).length > 0
    return isFolded ? { accepted: false, code: 'round_closed' } : refused
  }

  #mayRead({ memberId, deviceId }: Deed, scope: Scope): boolean {
    const actor = actorAt(this.#policy, this.#community, memberId, deviceId, this.#received)
    return mayRead(entitlementOf(this.#policy, actor, deviceId, this.#received), scope)
  }

  /** Whether a command writes a text that was erased since it was written (SYNC-14). */
  async isErased(wire: { verb: string; args: unknown }): Promise<boolean> {
    const text = writtenTextOf(wire)
    if (!text) return false
    await this.#facts.load([{ row: { kind: 'erasure', id: text.erasureId, scope: '' } }])
    const known = this.#facts.get('erasure', text.erasureId)
    return typeof known === 'object' && isErased(text, known)
  }

  /** A deed at a door is judged by the bond of its hour; giving rights away is judged by the bond of now. */
  actorOf(deed: Omit<Deed, 'wire'>, atDoor: boolean): Actor | null {
    const { memberId, deviceId, effective } = deed
    const moment = atDoor ? effective : this.#received
    return (
      actorAt(this.#policy, this.#community, memberId, deviceId, moment) ??
      actorAt(this.#policy, this.#community, memberId, deviceId, this.#received) ??
      (deed.overruled ? lastActor(this.#policy, this.#community, memberId, deviceId) : null)
    )
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
    { effective, overruled }: Deed,
  ): Decision | HoldReason | null {
    const all = stairwellId === undefined ? [] : (this.#policy.assignments.get(stairwellId) ?? [])
    const { roundId } = args as { roundId?: string }
    const named = all.filter((entry) => roundId === undefined || entry.roundId === roundId)
    const current = currentAssignments(all, this.#policy.openRounds)
    const verdict = judge(ruleOf(verb), args as object, actor, named, current, effective, this.#received)
    if (verdict === 'deny') return { accepted: false, code: 'not_allowed' }
    if (overruled) return null
    if (verdict === 'hold') return 'notGranted'
    const late = stairwellId !== undefined && this.#received - effective > LIMITS.lateDays * DAY_MS
    return late ? 'tooOld' : null
  }

  /** A bond, a grant or a round that this batch changed holds for the commands behind it. */
  adopt({ kind, id, body }: Change): void {
    const policy = this.#policy
    if (kind === 'member') {
      this.#policy = { ...policy, members: new Map(policy.members).set(id, body as Member) }
    }
    if (kind === 'assignment') {
      const entry = body as Assignment
      const others = (policy.assignments.get(entry.stairwellId) ?? []).filter((known) => known.id !== id)
      this.#policy = {
        ...policy,
        assignments: new Map(policy.assignments).set(entry.stairwellId, [...others, entry]),
      }
    }
    if (kind === 'round') {
      const openRounds = new Set(policy.openRounds)
      if ((body as Round).state === 'open') openRounds.add(id)
      else openRounds.delete(id)
      this.#policy = { ...policy, openRounds }
    }
  }
}
