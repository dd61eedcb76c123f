import { judge } from '../src/domain/access.ts'
import type { Actor, Decision } from '../src/domain/command.ts'
import { check, type FieldCode } from '../src/domain/fields.ts'
import { mintId } from '../src/domain/hash.ts'
import type { Change } from '../src/domain/record.ts'
import { commandOf, isVerb, type Args, type Verb } from '../src/domain/verbs.ts'
import { DAY_MS, LIMITS } from '../src/protocol/limits.ts'
import type { HoldReason, WireCommand } from '../src/protocol/sync.ts'
import { actorAt, buildPolicy, type Policy } from './policy.ts'
import type { WorkingFacts } from './workingFacts.ts'

/** Whose command it is and when it was done, as far as the server believes it. */
export interface Deed {
  wire: WireCommand
  memberId: string
  deviceId: string
  /** ms on the server's clock */
  effective: number
  /** Whether the command stood in a history that was lost with a restore (SYNC-8). */
  former: boolean
  /** `waived` for what a person with the right to do so has let through. */
  policy: 'asked' | 'waived'
}

/** Policy and rules over the facts of one batch; what one command changes holds for the next. */
export class Judge {
  readonly #community: string
  readonly #facts: WorkingFacts
  readonly #received: number
  #policy: Policy

  constructor(community: string, facts: WorkingFacts, policy: Policy, received: number) {
    this.#community = community
    this.#facts = facts
    this.#policy = policy
    this.#received = received
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
    const actor = this.actorOf(deed, stairwellId !== undefined)
    if (!actor) return deed.policy === 'asked' ? 'notGranted' : { accepted: false, code: 'not_allowed' }
    if (stairwellId !== undefined && !(await this.#isStairwell(stairwellId))) {
      return { accepted: false, code: 'not_found' }
    }
    if (deed.policy === 'asked') {
      const waits = this.#verdict(verb, args.value, actor, stairwellId, effective)
      if (waits) return waits
    }
    const newId = (k: number) => mintId(wire.id, String(k))
    await this.#facts.load(rule.reads(args.value, actor, newId))
    // What a lost history had applied already takes its old place: a grant given again begins when it first began.
    const received = deed.former ? effective : this.#received
    const at = { claimed: wire.claimedAt, effective, received }
    return rule.decide({ args: args.value, actor, at, newId }, this.#facts)
  }

  /** A deed at a door is judged by the bond of its hour; giving rights away is judged by the bond of now. */
  actorOf({ memberId, deviceId, effective }: Omit<Deed, 'wire' | 'policy'>, atDoor: boolean): Actor | null {
    const moment = atDoor ? effective : this.#received
    return (
      actorAt(this.#policy, this.#community, memberId, deviceId, moment) ??
      actorAt(this.#policy, this.#community, memberId, deviceId, this.#received)
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
    effective: number,
  ): Decision | HoldReason | null {
    const assignments = stairwellId === undefined ? [] : (this.#policy.assignments.get(stairwellId) ?? [])
    const verdict = judge(verb, args as Args<typeof verb>, actor, assignments, effective, this.#received)
    if (verdict === 'deny') return { accepted: false, code: 'not_allowed' }
    if (verdict === 'hold') return 'notGranted'
    const late = stairwellId !== undefined && this.#received - effective > LIMITS.lateDays * DAY_MS
    return late && actor.role !== 'officer' ? 'tooOld' : null
  }

  /** A bond or a grant that this batch changed holds for the commands behind it. */
  adopt({ kind, id, body }: Change): void {
    if (kind !== 'member' && kind !== 'assignment') return
    const members = [...this.#policy.members.values()].filter((entry) => kind !== 'member' || entry.id !== id)
    const assignments = [...this.#policy.assignments.values()].flat()
    const others = assignments.filter((entry) => kind !== 'assignment' || entry.id !== id)
    const now = body ? [body as never] : []
    this.#policy = buildPolicy(
      -1,
      kind === 'member' ? [...members, ...now] : members,
      kind === 'assignment' ? [...others, ...now] : others,
    )
  }
}
