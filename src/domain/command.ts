import type * as v from 'valibot'
import type { Kind } from './kind.ts'
import type { Body, KindName } from './kinds.ts'
import type { Change, Ref, Scope } from './record.ts'
import type { WrittenText } from './erasures.ts'
import type { Role } from './records/member.ts'

/** Who a command is judged for. On the phone it is what the phone knows of itself; on the server it is looked up. */
export interface Actor {
  communityId: string
  memberId: string
  deviceId: string
  role: Role
  teamId: string | null
}

export type ActorIds = Pick<Actor, 'communityId' | 'memberId' | 'deviceId'>

/**
 * The moments of a command, in ms. `claimed` is the phone's clock when the person tapped; `effective` is what the server
 * believes, never before the phone's last sync and never after `received`; on a phone all three follow its own clock.
 */
export interface Moments {
  claimed: number
  effective: number
  received: number
  /** Whether `effective` is an estimate, because the claim cannot be true; a phone never says so of itself. */
  isEstimated?: boolean
}

/** A row that is not there: `absent` is known not to exist, `unknownHere` may exist where this device cannot see. */
export type Missing = 'absent' | 'unknownHere'

/** What a decision may look at. Everything was loaded before `decide` ran: rules are synchronous. */
export interface Facts {
  get<K extends KindName>(kind: K, id: string): Body<K> | Missing
  /** All live rows of a kind in one scope that the command named in `reads`. */
  all<K extends KindName>(kind: K, scope: Scope): readonly Body<K>[]
}

/** What a command names before it runs: single rows, or all rows of a kind in one scope (bounded by `RANGE_LIMIT`). */
export type Read = { row: Ref<KindName> } | { range: { kind: KindName; scope: Scope } }

/** No rule may look at more rows than this; a rule that needs a count reads a counter. */
export const RANGE_LIMIT = 1_000

/** Permanent reasons for which the rules say no. Each has plain Chinese words in src/messages/refusals.ts. */
export const REFUSALS = [
  'not_found',
  'not_allowed',
  'stale_revision',
  'id_conflict',
  'bad_field',
  'bad_text',
  'too_long',
  'bad_time',
  'unknown_field',
  'not_yours',
  'door_code_in_note',
  'digits_in_text',
  'label_retired',
  'label_taken',
  'round_closed',
  'session_ended',
  'invite_dead',
  'match_code_wrong',
  'not_pending',
  'already_settled',
  'last_officer',
  'too_many',
  'text_erased',
  'wish_taken',
  'wish_over',
  'activity_over',
  'device_ending',
] as const
export type Refusal = (typeof REFUSALS)[number]

export type Decision = { accepted: true; changes: readonly Change[] } | { accepted: false; code: Refusal }

export const accept = (changes: readonly Change[]): Decision => ({ accepted: true, changes })
export const refuse = (code: Refusal): Decision => ({ accepted: false, code })

export interface DecideInput<A> {
  args: A
  actor: Actor
  at: Moments
  /** The k-th id of this command: the same on the phone and on the server. */
  newId(k: number): string
}

/** One verb, whole, in one file: its shape, what it looks at, and its rule. */
export interface Command<Verb extends string, S extends v.GenericSchema> {
  verb: Verb
  /** Raised when the shape or the meaning of the arguments changes; old versions are upgraded on the server. */
  version: number
  args: S
  /** The stairwell whose grant decides whether the deed was the actor's to do, if there is one (SYNC-5). */
  stairwellOf?(args: v.InferOutput<S>): string
  /** The erasable text that these arguments write, if they write one (SYNC-14). */
  writesText?(args: v.InferOutput<S>): WrittenText
  /** Depends on who acts, and not on the role: a phone loads the bond together with these rows. */
  reads(args: v.InferOutput<S>, actor: ActorIds, newId: (k: number) => string): readonly Read[]
  decide(input: DecideInput<v.InferOutput<S>>, facts: Facts): Decision
}

export function command<const Verb extends string, S extends v.GenericSchema>(
  definition: Command<Verb, S>,
): Command<Verb, S> {
  return definition
}

/**
 * Writes the newest state of a record. Its scope follows from its body, so nobody can put a row where it must not lie. It
 * takes the kind itself: the rules of a tap bring only the kinds that they write.
 */
export function putOf<Name extends KindName, S extends v.GenericSchema<unknown, { id: string }>>(
  { kind, scopeOf }: Kind<Name, S>,
  body: v.InferOutput<S>,
): Change {
  return { kind, id: body.id, scope: scopeOf(body), body }
}

/** A tombstone. */
export function remove(kind: KindName, id: string, scope: Scope): Change {
  return { kind, id, scope, body: null }
}

export function row<K extends KindName>(kind: K, id: string, scope: Scope): Read {
  return { row: { kind, id, scope } }
}

export function range(kind: KindName, scope: Scope): Read {
  return { range: { kind, scope } }
}

/** Closes the open interval and opens the next one; an interval of no length is left out. */
export function followInterval<I extends { from: number; until: number | null }>(
  intervals: readonly I[],
  next: I | null,
  moment: number,
): I[] {
  const closed = intervals
    .map((entry) => (entry.until === null ? { ...entry, until: Math.max(entry.from, moment) } : entry))
    .filter((entry) => entry.until === null || entry.until > entry.from)
  return next ? [...closed, next] : closed
}
