import { FOLDED_KINDS } from '../domain/coverage/foldRound.ts'
import type { Change } from '../domain/record.ts'
import type { Folded } from '../domain/records/folded.ts'
import type { SyncAnswer, WireChange } from '../protocol/sync.ts'
import { putPhone, readPhone, type Database } from './database.ts'
import { downloadAgain } from './lane.ts'
import { RowWriter, slices } from './overlay.ts'
import type { ShadowRow, StoredRow } from './rows.ts'
import { belongs, type Asked } from './settle.ts'
import { SlicePace } from './SlicePace.ts'

type FoldedChange = WireChange & { body: Folded }

/**
 * Lets go the events of rounds that a page says were folded (SYNC-12): the server has no tombstones of them. It goes
 * before the page is stored, because what the page brings of such a round came after the fold. Whatever is unsent stays,
 * and so does everything else that stands on it; only what the server had below it goes. It may die anywhere: until the
 * folded row itself is stored with its page, the page comes again, and so does this.
 *
 * @param asked where the phone stood when it sent the request: a page of another place changes nothing
 * @param pace how large the slices are
 */
export async function dropFolded(
  database: Database,
  asked: Asked,
  page: Pick<SyncAnswer, 'changes' | 'membership'>,
  pace: Pick<SlicePace, 'rows'> = new SlicePace(),
): Promise<void> {
  const isFolded = (change: WireChange): change is FoldedChange => change.kind === 'folded' && change.body !== null
  const news = page.changes.filter(isFolded)
  if (news.length === 0) return
  if (!(await followsFolds(database))) return downloadAgain(database)
  for (const folded of news) {
    if (await isKnown(database, folded)) continue
    const events = await eventsOf(database, folded)
    if (events.length === 0 && (await database.shadow.count()) === 0) continue
    for (const slice of slices(events, pace.rows)) {
      if (!(await dropRows(database, asked, page, folded, slice))) return
    }
    if (!(await dropShadows(database, asked, page, folded))) return
  }
}

/**
 * An app that knew nothing of folds stored folded rows like any other and let nothing go. Where one has done so,
 * everything is downloaded anew, once.
 */
async function followsFolds(database: Database): Promise<boolean> {
  const { records, phone } = database
  return database.transaction('rw', [records, phone], async () => {
    const state = await readPhone(database)
    if (state.followsFolds) return true
    const stored = await records.where('[kind+id]').between(['folded', ''], ['folded', '\uffff']).count()
    await putPhone(database, { ...state, followsFolds: true })
    return stored === 0
  })
}

async function isKnown({ records }: Database, { scope, kind, id, body }: FoldedChange): Promise<boolean> {
  const stored = await records.get([scope, kind, id])
  return stored !== undefined && JSON.stringify(stored.body) === JSON.stringify(body)
}

async function eventsOf({ records }: Database, { scope, body }: FoldedChange): Promise<StoredRow[]> {
  const events: StoredRow[] = []
  for (const kind of FOLDED_KINDS) {
    const rows = await records.where('[scope+kind+id]').between([scope, kind, ''], [scope, kind, '\uffff']).toArray()
    events.push(...rows.filter((row) => isOf(row.body, body)))
  }
  return events
}

const isOf = (body: { id: string } | null, { roundId }: Folded): boolean =>
  (body as { roundId?: string } | null)?.roundId === roundId

/**
 * Another window may have stored the folded row meanwhile, and behind it what came after the fold: that stays.
 *
 * @returns whether the phone still stands where it asked from
 */
async function dropRows(
  database: Database,
  asked: Asked,
  page: Pick<SyncAnswer, 'membership'>,
  folded: FoldedChange,
  rows: readonly StoredRow[],
): Promise<boolean> {
  const { records, facades, shadow, phone } = database
  return database.transaction('rw', [records, facades, shadow, phone], async () => {
    const state = await readPhone(database)
    if (!belongs(state, asked, page, 'rows')) return false
    if (await isKnown(database, folded)) return true
    // What is unsent is asked for in the transaction that deletes: a tap may come between two of them.
    const below = await shadow.bulkGet(rows.map(({ kind, id }) => [kind, id]))
    const gone = rows.filter((_row, index) => below[index] === undefined).map(tombstone)
    const writer = new RowWriter(database, state.generation)
    await writer.load(gone)
    for (const change of gone) writer.write(change)
    await writer.flush()
    await putPhone(database, state)
    return true
  })
}

const tombstone = ({ kind, id, scope }: StoredRow): Change => ({ kind, id, scope, body: null })

/** What the server had below something unsent is not there any more, whatever becomes of that. */
async function dropShadows(
  database: Database,
  asked: Asked,
  page: Pick<SyncAnswer, 'membership'>,
  folded: FoldedChange,
): Promise<boolean> {
  const { records, shadow, phone } = database
  const { scope, body } = folded
  return database.transaction('rw', [records, shadow, phone], async () => {
    if (!belongs(await readPhone(database), asked, page, 'rows')) return false
    if (await isKnown(database, folded)) return true
    const isEvent = (row: ShadowRow) => (FOLDED_KINDS as readonly string[]).includes(row.kind)
    const below = await shadow.filter((row) => row.scope === scope && isEvent(row) && isOf(row.body, body)).toArray()
    for (const slice of slices(below)) await shadow.bulkPut(slice.map((row) => ({ ...row, body: null })))
    return true
  })
}
