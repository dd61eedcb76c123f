import type { Actor, ActorIds, Decision, Read, Refusal } from '../domain/command.ts'
import { check } from '../domain/fields.ts'
import { mintId } from '../domain/hash.ts'
import { communityScope, type Change, type Ref } from '../domain/record.ts'
import { bondAt, type Member } from '../domain/records/member.ts'
import { KNOCK_VERBS } from '../domain/knockVerbs.ts'
import type { AnyCommand, Args, Verb } from '../domain/verbs.ts'
import { capture, tellQueue, tellRows, type Capture } from './capture.ts'
import { newId, type Database, type OutboxEntry, type PhoneState } from './database.ts'
import { LocalFacts } from './localFacts.ts'
import { RowWriter } from './overlay.ts'
import type { Rows, ShadowRow } from './rows.ts'
import type { Seam } from './seam.ts'
import { countOn, talliesOf, type Tallied } from './tallies.ts'
import { touchesOf } from './touches.ts'

/** What a tap came to: saved for good, or refused by the rules with nothing changed. */
export type Committed = { saved: true; id: string } | { saved: false; code: Refusal }

/** A command with its id, so that others may name what it will make. */
export type Deed = { id: string } & { [V in Verb]: { verb: V; args: Args<V> } }[Verb]

/**
 * Saves one command: facts, rule, records, projections and the outbox entry in one strict transaction (SYNC-1). When
 * this resolves with `saved`, a dead battery does not take it away any more.
 *
 * @param ahead commands that go before it in the same transaction; one that the rules refuse is left out
 * @throws what IndexedDB throws (quota, a lost connection): then nothing was saved, and the caller keeps the form
 */
export async function commit<V extends Verb>(
  database: Database,
  seam: Pick<Seam, 'clock' | 'rng' | 'idb' | 'paint' | 'calm'>,
  verb: V,
  args: Args<V>,
  ahead: readonly Deed[] = [],
): Promise<Committed> {
  const id = newId(seam.rng)
  const deeds = await prepare(seam, [...ahead, { id, verb, args } as Deed])
  const code = deeds.at(-1)!.code
  if (code) return { saved: false, code }
  const committed = await capture(database, seam.idb, async (rows) => {
    let last: Committed | undefined
    for (const deed of deeds) if (!deed.code) last = await write(rows, deed)
    return last!
  })
  if (committed.saved) {
    seam.paint(tellQueue)
    // The board draws what it has saved by itself; whatever else shows it need not be in the next tap's way.
    seam.calm(tellRows)
  }
  return committed
}

/**
 * Looks at everything that commands would look at, and changes nothing: the tap that follows finds it in this page. Worth
 * it where the next deed can be guessed, at an open door; it never fails, because nothing rests on it.
 */
export async function rehearse(
  database: Database,
  seam: Pick<Seam, 'clock' | 'idb'>,
  expected: readonly Deed[],
): Promise<void> {
  try {
    const deeds = await prepare(seam, expected)
    await capture(
      database,
      seam.idb,
      async (rows) => {
        for (const deed of deeds) await weigh(rows, deed)
      },
      'readonly',
    )
  } catch (error) {
    console.info('rehearsing', error)
  }
}

type Head = Pick<OutboxEntry, 'id' | 'verb' | 'version' | 'args' | 'claimedAt'>
interface Prepared {
  rule: AnyCommand
  head: Head
  /** Why its fields are not accepted. */
  code: Refusal | null
}

/** Finds the rules of commands and checks their fields, before anything is asked of the database. */
async function prepare({ clock }: Pick<Seam, 'clock'>, deeds: readonly Deed[]): Promise<Prepared[]> {
  return Promise.all(
    deeds.map(async ({ id, verb, args }) => {
      const rule = await ruleOf(verb)
      const checked = check(rule.args, args)
      const value = checked.ok ? checked.value : args
      const head = { id, verb, version: rule.version, args: value, claimedAt: clock.now() }
      return { rule, head, code: checked.ok ? null : checked.code }
    }),
  )
}

/** Decides a command and writes what it does, and the command behind all others that wait. */
async function write(rows: Capture, { rule, head }: Prepared): Promise<Committed> {
  const deed = await weigh(rows, { rule, head })
  if (!deed.decision.accepted) return { saved: false, code: deed.decision.code }
  if (deed.state.device === 'draining') return { saved: false, code: 'device_ending' }
  const { state, command, changes, shadows, evenings, writer, reads } = deed
  for (const change of [...changes, ...evenings]) writer.write(change)
  const fresh = { state: 'pending' as const, clock: null, code: null, until: null }
  await Promise.all([rows.write('shadow', shadows), writer.flush()])
  const looked = reads.flatMap(rowOf)
  const touches = touchesOf(changes, looked)
  const entry = { ...command, n: state.nextN, ...fresh, changes, reads: looked, touches }
  rows.enqueue(entry, { ...state, nextN: state.nextN + 1 })
  return { saved: true, id: head.id }
}

/** Loads what a command names, decides it, and loads what its changes will be written over. */
async function weigh(rows: Capture, { rule, head }: Pick<Prepared, 'rule' | 'head'>) {
  const state = await rows.phone()
  const { offsetMs, syncedAt, generation } = state
  const command = { ...head, offsetMs, after: syncedAt }
  const reads = readsOf(rule, command, state)
  const facts = new LocalFacts()
  const bond = readActor(rows, state, head.claimedAt - offsetMs)
  const [actor] = await Promise.all([bond, facts.load(rows, bond, state.complete, reads)])
  const decision = runCommand(rule, command, actor, facts)
  const changes = decision.accepted ? [...decision.changes] : []
  expectNew(rows, command, changes)
  const writer = new RowWriter(rows, generation)
  const tallied = talliesOf(changes)
  const [shadows, evenings] = await Promise.all([
    freshShadows(rows, [...changes, ...tallied], generation),
    countEvenings(rows, tallied),
    writer.load(changes),
  ])
  await rows.confirm()
  return { state, command, reads, decision, changes, shadows, evenings, writer }
}

/** Ids that this command made a moment ago name nothing yet: nobody needs to look. */
function expectNew(rows: Capture, command: Runnable, changes: readonly Change[]): void {
  const made = new Set(changes.map((_change, k) => nthIdOf(command)(k)))
  for (const { scope, kind, id } of changes) {
    if (!made.has(id)) continue
    rows.isNew('records', [scope, kind, id])
    rows.isNew('shadow', [kind, id])
  }
}

/** The evenings of these events, as they stand with them. */
async function countEvenings(database: Rows, tallied: readonly Tallied[]): Promise<Change[]> {
  const evenings = [...new Map(tallied.map((entry) => [entry.id, entry])).values()]
  const rows = await database.read(
    'records',
    evenings.map(({ scope, kind, id }) => [scope, kind, id]),
  )
  return evenings.map(({ kind, id, scope }, index) => {
    const own = tallied.filter((entry) => entry.id === id)
    return { kind, id, scope, body: countOn(rows[index]?.body ?? null, own) }
  })
}

/** The server's state of every row that a command is about to write over, unless it is kept already. */
async function freshShadows(database: Rows, refs: readonly Ref[], generation: number): Promise<ShadowRow[]> {
  const [known, rows] = await Promise.all([
    database.read(
      'shadow',
      refs.map(({ kind, id }) => [kind, id]),
    ),
    database.read(
      'records',
      refs.map(({ scope, kind, id }) => [scope, kind, id]),
    ),
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
export async function readActor(database: Rows, state: PhoneState, moment: number): Promise<Actor> {
  const [row] = await database.read('records', [[communityScope, 'member', state.memberId]])
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
