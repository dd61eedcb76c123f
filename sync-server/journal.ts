import type { Kysely, Transaction } from 'kysely'
import { put } from '../src/domain/put.ts'
import { redactedNote } from '../src/domain/erasures.ts'
import { canonicalJson } from '../src/domain/hash.ts'
import type { KindName } from '../src/domain/kinds.ts'
import type { Change } from '../src/domain/record.ts'
import type { Device } from '../src/domain/records/device.ts'
import type { Erasure } from '../src/domain/records/erasure.ts'
import type { Invite } from '../src/domain/records/invite.ts'
import type { Member } from '../src/domain/records/member.ts'
import { addToJournal, readJournalOf, type JournalRow } from './storage/journal.ts'
import type { Tables } from './storage/tables.ts'
import type { WorkingFacts } from './workingFacts.ts'

/*
 * Revocations and erasures outlive a backup that is older than they are (SYNC-14): a phone that was stopped, a bond that
 * ended, an invitation that was used up, a text that was erased. The journal says so without names and without the texts.
 */

/** What the journal keeps of a change; `null` for a change that a restore may undo. */
function entryOf({ kind, body }: Change): object | null {
  if (!body) return null
  if (kind === 'device') return (body as Device).state === 'revoked' ? { state: 'revoked' } : null
  if (kind === 'invite') {
    const { state, deviceId } = body as Invite
    return state === 'open' ? null : { state, deviceId }
  }
  if (kind === 'member') {
    const { bonds } = body as Member
    return bonds.some((bond) => bond.until !== null) ? { bonds } : null
  }
  return kind === 'erasure' ? body : null
}

/**
 * Takes down what of these changes must outlive a restore, in the transaction that makes them.
 *
 * @param place the history that they are made in, and the server's time, ms
 * @param clocks the clock of each changed row, by `kind id`
 * @returns whether there was anything
 */
export async function keepJournal(
  trx: Transaction<Tables>,
  community: string,
  { epoch, at }: { epoch: string; at: number },
  changes: readonly Change[],
  clocks: ReadonlyMap<string, number>,
): Promise<boolean> {
  const rows = changes.flatMap((change) => {
    const { kind, id } = change
    const body = entryOf(change)
    const clock = clocks.get(`${kind} ${id}`)
    return body && clock !== undefined ? [{ epoch, clock, at, kind, id, body: JSON.stringify(body) }] : []
  })
  await addToJournal(trx, community, rows)
  return rows.length > 0
}

/** Where a command stood in the lost history, as far as its phone knows, and when it was done (ms, the server's clock). */
export interface FormerPlace {
  formerly: { epoch: string; clock: number } | undefined
  effective: number
}

const GUARDED: ReadonlySet<string> = new Set(['device', 'invite', 'member'])

/**
 * What a phone offers again after a restore brings nothing back that was revoked since: used invitations stay used,
 * stopped phones stopped, and a bond of before its end is not opened anew.
 */
export async function withoutRevoked(
  db: Kysely<Tables>,
  community: string,
  changes: readonly Change[],
  place: FormerPlace,
): Promise<readonly Change[]> {
  const guarded = changes.filter(({ kind }) => GUARDED.has(kind))
  const last = lastOfEach(await readJournalOf(db, community, guarded))
  return changes.flatMap((change) => {
    const entry = last.get(`${change.kind} ${change.id}`)
    if (!entry || !change.body) return [change]
    if (change.kind === 'member') return isBefore(place, entry) ? [] : [change]
    return [{ ...change, body: { ...change.body, ...(JSON.parse(entry.body) as object) } }]
  })
}

function isBefore({ formerly, effective }: FormerPlace, entry: JournalRow): boolean {
  return formerly?.epoch === entry.epoch ? formerly.clock <= entry.clock : effective <= entry.at
}

function lastOfEach(entries: readonly JournalRow[]): Map<string, JournalRow> {
  const inOrder = [...entries].sort((left, right) => left.at - right.at || left.clock - right.clock)
  return new Map(inOrder.map((entry) => [`${entry.kind} ${entry.id}`, entry]))
}

/**
 * Changes a restored history so that nothing revoked or erased comes back.
 *
 * @param entries the whole journal of the community, from wherever it was found
 * @param restored the history of the backup, its clock and the time it was made (ms): what it knows is left alone
 * @returns what was changed
 */
export async function applyJournal(
  facts: WorkingFacts,
  entries: readonly JournalRow[],
  restored: { epoch: string; clock: number; madeAt: number },
): Promise<Change[]> {
  const applied: Change[] = []
  for (const { kind, id, body, epoch, clock, at } of lastOfEach(entries).values()) {
    const said = JSON.parse(body) as object
    const isKnown = epoch === restored.epoch ? clock <= restored.clock : at <= restored.madeAt
    await facts.load([{ row: { kind: kind as KindName, id, scope: '' } }])
    const known = facts.get(kind as KindName, id)
    const wanted =
      kind === 'erasure'
        ? await eraseAgain(facts, said as Erasure, known as Erasure | string)
        : typeof known === 'object' && !(kind === 'member' && isKnown)
          ? [put(kind as KindName, { ...known, ...said } as never)]
          : []
    const changes = wanted.filter((change) => {
      const now = facts.get(change.kind as KindName, change.id)
      return typeof now !== 'object' || canonicalJson(now) !== canonicalJson(change.body)
    })
    await facts.apply(changes)
    applied.push(...changes)
  }
  return applied
}

async function eraseAgain(facts: WorkingFacts, erasure: Erasure, known: Erasure | string): Promise<Change[]> {
  const through = Math.max(erasure.through, typeof known === 'object' ? known.through : 0)
  const { subjectId } = erasure
  await facts.load([{ row: { kind: 'stairwell', id: subjectId, scope: '' } }])
  const stairwell = facts.get('stairwell', subjectId)
  const isOver = typeof stairwell !== 'object' || stairwell.accessNoteRevision > through
  const erased = put('erasure', { ...erasure, through })
  return isOver ? [erased] : [erased, put('stairwell', redactedNote(stairwell, through))]
}
