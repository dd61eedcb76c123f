import {
  applyToFacade,
  emptyFacade,
  facadeKey,
  isFacadeKind,
  type Facade,
  type FacadeEvent,
} from '../domain/coverage/facade.ts'
import type { Scope } from '../domain/record.ts'
import type { Database } from './database.ts'
import type { StoredRow } from './rows.ts'
import { slices } from './overlay.ts'
import { keyOf } from './touches.ts'

/** So many rows are read in one request. */
const ROWS_LOOKED_AT = 100

/**
 * Takes lost scopes off this phone, façades included. Rows that unsent commands wrote stay until these were answered.
 *
 * @param scopes the scopes that were lost; `null` for all of them
 * @param unsent keys (`kind id`) that must stay
 */
export async function purgeScopes(
  database: Database,
  scopes: readonly Scope[] | null,
  unsent: ReadonlySet<string>,
): Promise<void> {
  const ranges = scopes === null ? [null] : scopes
  const kept: StoredRow[] = []
  for (const scope of ranges) {
    const rows =
      scope === null
        ? database.records.toCollection()
        : database.records.where('[scope+kind+id]').between([scope, '', ''], [scope, '\uffff', '\uffff'])
    kept.push(...(await keepUnsent(database, rows, unsent)))
    if (scope === null) await database.facades.clear()
    else if (scope.startsWith('s:')) await purgeFacades(database, scope.slice(2))
  }
  await drawFacades(database, kept)
}

async function keepUnsent(
  database: Database,
  rows: { toArray(): PromiseLike<StoredRow[]>; delete(): PromiseLike<number> },
  unsent: ReadonlySet<string>,
): Promise<StoredRow[]> {
  const kept = unsent.size === 0 ? [] : (await rows.toArray()).filter((row) => unsent.has(`${row.kind} ${row.id}`))
  await rows.delete()
  for (const slice of slices(kept)) await database.records.bulkPut(slice)
  return kept
}

async function purgeFacades(database: Database, stairwellId: string): Promise<void> {
  await database.facades.where('[stairwellId+roundId]').between([stairwellId, ''], [stairwellId, '\uffff']).delete()
}

/**
 * Ends a full download: rows that it did not bring, and on which nothing unsent stands, are no longer ours. In another
 * history a row may lie in another scope than it did; what is unsent stands where the server has it now.
 */
export async function sweep(database: Database, generation: number): Promise<void> {
  const shadowed = new Map((await database.shadow.toArray()).map((row) => [keyOf(row), row.scope]))
  const isOld = (row: StoredRow) => row.generation < generation && shadowed.get(keyOf(row)) !== row.scope
  const old: StoredRow[] = []
  await everyRecord(database, (row) => void (isOld(row) && old.push(row)))
  const stairwells = new Set<string>()
  for (const row of old) if (isFacadeKind(row.kind)) stairwells.add(row.scope.slice(2))
  for (const slice of slices(old)) {
    await database.records.bulkDelete(slice.map(({ scope, kind, id }) => [scope, kind, id]))
  }
  for (const stairwellId of stairwells) await redrawFacades(database, stairwellId)
}

/** Looks at every record, some at a time: a walk by cursor would ask the database once for each. */
async function everyRecord({ records }: Database, look: (row: StoredRow) => void): Promise<void> {
  let last: [string, string, string] = ['', '', '']
  for (let some: StoredRow[] = []; ;) {
    some = await records.where('[scope+kind+id]').above(last).limit(ROWS_LOOKED_AT).toArray()
    some.forEach(look)
    const end = some.at(-1)
    if (!end || some.length < ROWS_LOOKED_AT) return
    last = [end.scope, end.kind, end.id]
  }
}

/** Rebuilds a stairwell's façades from the events that are on this phone. */
export async function redrawFacades(database: Database, stairwellId: string): Promise<void> {
  await purgeFacades(database, stairwellId)
  const scope = `s:${stairwellId}`
  const rows = await database.records
    .where('[scope+kind+id]')
    .between([scope, '', ''], [scope, '\uffff', '\uffff'])
    .filter((row) => isFacadeKind(row.kind))
    .toArray()
  await drawFacades(database, rows)
}

/** Draws the façades that these rows make, where none are. */
async function drawFacades(database: Database, rows: readonly StoredRow[]): Promise<void> {
  const facades = new Map<string, Facade>()
  for (const { kind, body } of rows) {
    if (!isFacadeKind(kind)) continue
    const event = { kind, before: null, after: body } as FacadeEvent
    const { stairwellId, roundId } = event.after!
    const key = facadeKey(stairwellId, roundId)
    const facade = facades.get(key) ?? emptyFacade(stairwellId, roundId)
    applyToFacade(facade, event)
    facades.set(key, facade)
  }
  for (const slice of slices([...facades.values()])) await database.facades.bulkPut(slice)
}
