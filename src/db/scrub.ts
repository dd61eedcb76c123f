import { isErased, mintErasureId } from '../domain/erasures.ts'
import { communityScope, stairwellScope, type Change } from '../domain/record.ts'
import type { Erasure } from '../domain/records/erasure.ts'
import type { Stairwell } from '../domain/records/stairwell.ts'
import { writtenTextOf } from '../domain/writtenText.ts'
import type { Database, OutboxEntry, SentEntry } from './database.ts'
import { slices } from './overlay.ts'

/**
 * Takes an erased text out of everything that this phone keeps beside the server's rows (SYNC-14): rows of lost scopes that
 * something unsent stands on, what other commands wrote over it, and the archive for offering again. What its member wrote
 * and nobody took in yet is another text and stays. Called in the transaction that stores a page.
 *
 * @param arrived the rows of the page, erasures among them
 * @param retired the entries that go into the archive with it
 */
export async function scrubErased(
  database: Database,
  arrived: readonly { kind: string; id: string }[],
  retired: Iterable<OutboxEntry>,
): Promise<void> {
  const ids = new Set(arrived.filter(({ kind }) => kind === 'erasure').map(({ id }) => id))
  for (const { changes } of retired) {
    for (const { kind, id } of changes) if (kind === 'stairwell') ids.add(mintErasureId('accessNote', id))
  }
  if (ids.size === 0) return
  const rows = await database.records.bulkGet([...ids].map((id) => [communityScope, 'erasure', id]))
  const erasures = rows.flatMap((row) => (row ? [row.body as Erasure] : []))
  if (erasures.length === 0) return
  for (const erasure of erasures) await scrubRows(database, erasure)
  await scrubArchive(database, erasures)
  await scrubOutbox(database, erasures)
}

async function scrubRows(database: Database, erasure: Erasure): Promise<void> {
  const { subjectId } = erasure
  const row = await database.records.get([stairwellScope(subjectId), 'stairwell', subjectId])
  const below = await database.shadow.get(['stairwell', subjectId])
  if (row && holds(row.body, erasure)) await database.records.put({ ...row, body: blank(row.body) })
  if (below?.body && holds(below.body, erasure)) await database.shadow.put({ ...below, body: blank(below.body) })
}

/** A command that wrote an erased text is offered to nobody again, so it goes; of the others only the copy goes. */
async function scrubArchive(database: Database, erasures: readonly Erasure[]): Promise<void> {
  const gone: string[] = []
  const cleaned: SentEntry[] = []
  await database.sent.each((entry) => {
    if (wrote(entry.command, erasures)) gone.push(entry.id)
    else if (copies(entry.changes, erasures)) cleaned.push({ ...entry, changes: clean(entry.changes, erasures) })
  })
  for (const slice of slices(gone)) await database.sent.bulkDelete(slice)
  for (const slice of slices(cleaned)) await database.sent.bulkPut(slice)
}

async function scrubOutbox(database: Database, erasures: readonly Erasure[]): Promise<void> {
  const cleaned: OutboxEntry[] = []
  await database.outbox.each((entry) => {
    if (wrote(entry, erasures) || !copies(entry.changes, erasures)) return
    cleaned.push({ ...entry, changes: clean(entry.changes, erasures) })
  })
  for (const slice of slices(cleaned)) await database.outbox.bulkPut(slice)
}

function wrote(command: { verb: string; args: unknown }, erasures: readonly Erasure[]): boolean {
  const text = writtenTextOf(command)
  return text !== null && erasures.some((erasure) => isErased(text, erasure))
}

function copies(changes: readonly Change[], erasures: readonly Erasure[]): boolean {
  return changes.some((change) => erasures.some((erasure) => isCopy(change, erasure)))
}

function clean(changes: readonly Change[], erasures: readonly Erasure[]): Change[] {
  return changes.map((change) => {
    const isGone = change.body && erasures.some((erasure) => isCopy(change, erasure))
    return isGone ? { ...change, body: blank(change.body!) } : change
  })
}

function isCopy({ kind, id, body }: Change, erasure: Erasure): boolean {
  return kind === 'stairwell' && id === erasure.subjectId && body !== null && holds(body, erasure)
}

function holds(body: { id: string }, erasure: Erasure): boolean {
  const { accessNote, accessNoteRevision } = body as Stairwell
  return accessNote !== '' && accessNoteRevision <= erasure.through
}

function blank(body: { id: string }): Stairwell {
  const { accessNoteBy: _author, ...standing } = body as Stairwell
  return { ...standing, accessNote: '', accessNoteErased: true }
}
