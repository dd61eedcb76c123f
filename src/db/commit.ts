import type { Actor, Read, Refusal } from '../domain/command.ts'
import { isFacadeKind, type FacadeEvent } from '../domain/coverage/facade.ts'
import { check } from '../domain/fields.ts'
import { mintId } from '../domain/hash.ts'
import { communityScope, type Change } from '../domain/record.ts'
import { bondAt, type Member } from '../domain/records/member.ts'
import { commandOf, type Args, type Verb } from '../domain/verbs.ts'
import { newId, readPhone, type Database, type OutboxEntry, type PhoneState } from './database.ts'
import { LocalFacts } from './localFacts.ts'
import { RowWriter } from './overlay.ts'
import type { Seam } from './seam.ts'

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
  const rule = commandOf(verb)
  const checked = check(rule.args, args)
  if (!checked.ok) return { saved: false, code: checked.code }
  const id = newId(seam.rng)
  const claimedAt = seam.clock.now()
  const { records, facades, outbox, shadow, phone } = database
  return database.transaction('rw', [records, facades, outbox, shadow, phone], async () => {
    const state = await readPhone(database)
    const { offsetMs, syncedAt, nextN, generation } = state
    const command = { id, verb, version: rule.version, args: checked.value, claimedAt, offsetMs, after: syncedAt }
    const actor = await readActor(database, state, claimedAt - offsetMs)
    const run = await runCommand(database, state, actor, command)
    if (!run.decision.accepted) return { saved: false as const, code: run.decision.code }
    const changes = [...run.decision.changes]
    const writer = new RowWriter(database, generation)
    await shadowRows(database, changes, generation)
    for (const change of changes) {
      await tallyChange(writer, change)
      await writer.write(change)
    }
    await writer.flush()
    const fresh = { state: 'pending' as const, clock: null, code: null, until: null }
    await outbox.add({ ...command, n: nextN, ...fresh, changes, reads: run.reads })
    await phone.put({ ...state, nextN: nextN + 1 })
    return { saved: true as const, id }
  })
}

/** Counts a change for the evening it belongs to, before the row is written over. */
export async function tallyChange(writer: RowWriter, change: Change): Promise<void> {
  if (!isFacadeKind(change.kind)) return
  const before = await writer.current(change.kind, change.id)
  await writer.tally({ kind: change.kind, before, after: change.body } as FacadeEvent)
}

/** Keeps the server's state of every row that a command is about to write over, unless it is kept already. */
async function shadowRows(database: Database, changes: readonly Change[], generation: number): Promise<void> {
  for (const { kind, id, scope } of changes) {
    if (await database.shadow.get([kind, id])) continue
    const row = await database.records.get([scope, kind, id])
    const seen = row?.generation ?? generation
    await database.shadow.put({ kind, id, scope, body: row?.body ?? null, generation: seen })
  }
}

/** The phone's own idea of who acts: its member's bond, as far as it knows. */
export async function readActor(database: Database, state: PhoneState, moment: number): Promise<Actor> {
  const row = await database.records.get([communityScope, 'member', state.memberId])
  const bond = row && (bondAt(row.body as Member, moment) ?? (row.body as Member).bonds.at(-1))
  const { communityId, memberId, deviceId } = state
  return { communityId, memberId, deviceId, role: bond?.role ?? 'member', teamId: bond?.teamId ?? null }
}

/**
 * Loads a command's facts and runs its rule on this phone's rows.
 *
 * @param overlay stands before the database: what a replay has worked out so far, by `kind id`
 */
export async function runCommand(
  database: Database,
  state: PhoneState,
  actor: Actor,
  command: Pick<OutboxEntry, 'id' | 'verb' | 'args' | 'claimedAt' | 'offsetMs'>,
  overlay?: ReadonlyMap<string, Change>,
) {
  const rule = commandOf(command.verb as Verb)
  const nthId = (k: number) => mintId(command.id, String(k))
  const named = rule.reads(command.args, actor, nthId)
  const facts = new LocalFacts()
  await facts.load(database, actor, state.complete, named, overlay)
  const effective = command.claimedAt - command.offsetMs
  const at = { claimed: command.claimedAt, effective, received: effective }
  const decision = rule.decide({ args: command.args, actor, at, newId: nthId }, facts)
  return { decision, reads: named.flatMap(rowOf) }
}

function rowOf(read: Read): { kind: string; id: string }[] {
  return 'row' in read ? [{ kind: read.row.kind, id: read.row.id }] : []
}
