import type { Actor, ActorIds, Decision, Read, Refusal } from '../domain/command.ts'
import { check } from '../domain/fields.ts'
import { mintId } from '../domain/hash.ts'
import { communityScope, type Change, type Ref } from '../domain/record.ts'
import { bondAt, type Member } from '../domain/records/member.ts'
import { KNOCK_VERBS } from '../domain/knockVerbs.ts'
import type { AnyCommand, Args, Verb } from '../domain/verbs.ts'
import { newId, readPhone, type Database, type OutboxEntry, type PhoneState, type ShadowRow } from './database.ts'
import { LocalFacts } from './localFacts.ts'
import { RowWriter } from './overlay.ts'
import type { Seam } from './seam.ts'
import { countOn, talliesOf, type Tallied } from './tallies.ts'
import { touchesOf } from './touches.ts'

/** What a tap came to: saved for good, or refused by the rules with nothing changed. */
export type Committed = { saved: true; id: string } | { saved: false; code: Refusal }

/**
 * Saves one command: facts, rule, records, projections and the outbox entry in one strict transaction (SYNC-1). When
 * this resolves with `saved`, a dead battery does not take it away any more.
 *
 * @throws what IndexedDB throws (quota, a lost connection): then nothing was saved, and the caller keeps the form
 */
export async function commit<V extends Verb>(
  database: Database,
  seam: Pick<Seam, 'clock' | 'rng'>,
  verb: V,
  args: Args<V>,
): Promise<Committed> {
  const rule = await ruleOf(verb)
  const checked = check(rule.args, args)
  if (!checked.ok) return { saved: false, code: checked.code }
  const id = newId(seam.rng)
  const claimedAt = seam.clock.now()
  const { records, facades, outbox, shadow, phone } = database
  return database.transaction('rw', [records, facades, outbox, shadow, phone], async () => {
    const state = await readPhone(database)
    const { offsetMs, syncedAt, nextN, generation } = state
    const command = { id, verb, version: rule.version, args: checked.value, claimedAt, offsetMs, after: syncedAt }
    const reads = readsOf(rule, command, state)
    const facts = new LocalFacts()
    // An old phone spends its time on waiting for one request after the other, so what can be asked together is.
    const bond = readActor(database, state, claimedAt - offsetMs)
    const [actor] = await Promise.all([bond, facts.load(database, bond, state.complete, reads)])
    const decision = runCommand(rule, command, actor, facts)
    if (!decision.accepted) return { saved: false as const, code: decision.code }
    const changes = [...decision.changes]
    const writer = new RowWriter(database, generation)
    const tallied = talliesOf(changes)
    const [shadows, evenings] = await Promise.all([
      freshShadows(database, [...changes, ...tallied], generation),
      countEvenings(database, tallied),
      writer.load(changes),
    ])
    for (const change of [...changes, ...evenings]) writer.write(change)
    const fresh = { state: 'pending' as const, clock: null, code: null, until: null }
    const looked = reads.flatMap(rowOf)
    await Promise.all([
      shadow.bulkPut(shadows),
      writer.flush(),
      outbox.add({ ...command, n: nextN, ...fresh, changes, reads: looked, touches: touchesOf(changes, looked) }),
      phone.put({ ...state, nextN: nextN + 1 }),
    ])
    return { saved: true as const, id }
  })
}

/** The evenings of these events, as they stand with them. */
async function countEvenings(database: Database, tallied: readonly Tallied[]): Promise<Change[]> {
  const evenings = [...new Map(tallied.map((entry) => [entry.id, entry])).values()]
  const rows = await database.records.bulkGet(evenings.map(({ scope, kind, id }) => [scope, kind, id]))
  return evenings.map(({ kind, id, scope }, index) => {
    const own = tallied.filter((entry) => entry.id === id)
    return { kind, id, scope, body: countOn(rows[index]?.body ?? null, own) }
  })
}

/** The server's state of every row that a command is about to write over, unless it is kept already. */
async function freshShadows(database: Database, refs: readonly Ref[], generation: number): Promise<ShadowRow[]> {
  const [known, rows] = await Promise.all([
    database.shadow.bulkGet(refs.map(({ kind, id }) => [kind, id])),
    database.records.bulkGet(refs.map(({ scope, kind, id }) => [scope, kind, id])),
  ])
  return refs.flatMap(({ kind, id, scope }, index) => {
    if (known[index] !== undefined) return []
    const row = rows[index]
    return [{ kind, id, scope, body: row?.body ?? null, generation: row?.generation ?? generation }]
  })
}

/** The rules of a tap are always here; the others come with the screens that need them, before the transaction begins. */
async function ruleOf(verb: Verb): Promise<AnyCommand> {
  if (Object.hasOwn(KNOCK_VERBS, verb)) {
    return KNOCK_VERBS[verb as keyof typeof KNOCK_VERBS] as unknown as AnyCommand
  }
  const { commandOf } = await import('../domain/verbs.ts')
  return commandOf(verb)
}

/** The phone's own idea of who acts: its member's bond, as far as it knows. */
export async function readActor(database: Database, state: PhoneState, moment: number): Promise<Actor> {
  const row = await database.records.get([communityScope, 'member', state.memberId])
  const bond = row && (bondAt(row.body as Member, moment) ?? (row.body as Member).bonds.at(-1))
  const { communityId, memberId, deviceId } = state
  return { communityId, memberId, deviceId, role: bond?.role ?? 'member', teamId: bond?.teamId ?? null }
}

type Runnable = Pick<OutboxEntry, 'id' | 'args' | 'claimedAt' | 'offsetMs'>

const nthIdOf = (command: Runnable) => (k: number) => mintId(command.id, String(k))

/** What a command looks at. */
export function readsOf(rule: AnyCommand, command: Runnable, actor: ActorIds): readonly Read[] {
  return rule.reads(command.args, actor, nthIdOf(command))
}

/** Runs a command's rule on facts that hold everything it named. */
export function runCommand(rule: AnyCommand, command: Runnable, actor: Actor, facts: LocalFacts): Decision {
  const effective = command.claimedAt - command.offsetMs
  const at = { claimed: command.claimedAt, effective, received: effective }
  return rule.decide({ args: command.args, actor, at, newId: nthIdOf(command) }, facts)
}

function rowOf(read: Read): { kind: string; id: string }[] {
  return 'row' in read ? [{ kind: read.row.kind, id: read.row.id }] : []
}
