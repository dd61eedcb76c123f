import type { Actor, Facts, Missing, Read } from '../domain/command.ts'
import { RANGE_LIMIT } from '../domain/command.ts'
import type { Body, KindName } from '../domain/kinds.ts'
import type { Change, Scope } from '../domain/record.ts'
import type { Database } from './database.ts'

const keyOf = (kind: string, id: string): string => `${kind} ${id}`

/** Looks a row up on this phone, past the scope it lies in. */
async function find(database: Database, kind: string, id: string) {
  return database.records.where('[kind+id]').equals([kind, id]).first()
}

async function loadRange(
  database: Database,
  kind: string,
  scope: Scope,
  overlay?: ReadonlyMap<string, Change>,
): Promise<{ id: string }[]> {
  const rows = await database.records
    .where('[scope+kind+id]')
    .between([scope, kind, ''], [scope, kind, '\uffff'])
    .limit(RANGE_LIMIT)
    .toArray()
  const bodies = new Map(rows.map((row) => [row.id, row.body]))
  for (const change of overlay?.values() ?? []) {
    if (change.kind !== kind || change.scope !== scope) continue
    if (change.body) bodies.set(change.id, change.body)
    else bodies.delete(change.id)
  }
  return [...bodies.values()]
}

/**
 * What a rule may see of this phone: loaded first, then looked at synchronously, because Dexie commits early when a
 * transaction waits for anything else. A row that is missing is `absent` only where the phone holds the whole scope.
 */
export class LocalFacts implements Facts {
  readonly #rows = new Map<string, { id: string } | Missing>()
  readonly #ranges = new Map<string, readonly { id: string }[]>()

  get<K extends KindName>(kind: K, id: string): Body<K> | Missing {
    const row = this.#rows.get(keyOf(kind, id))
    if (row === undefined) throw new Error(`a rule looked at ${kind} without naming it in reads`)
    return row as Body<K> | Missing
  }

  all<K extends KindName>(kind: K, scope: Scope): readonly Body<K>[] {
    const rows = this.#ranges.get(keyOf(kind, scope))
    if (!rows) throw new Error(`a rule looked at all ${kind} without naming the range in reads`)
    return rows as readonly Body<K>[]
  }

  /** Loads what a command named. `overlay` stands before the database: the state a replay has worked out so far. */
  async load(
    database: Database,
    actor: Actor,
    complete: boolean,
    reads: readonly Read[],
    overlay?: ReadonlyMap<string, Change>,
  ): Promise<void> {
    for (const read of reads) {
      if ('range' in read) {
        const { kind, scope } = read.range
        this.#ranges.set(keyOf(kind, scope), await loadRange(database, kind, scope, overlay))
        continue
      }
      const { kind, id, scope } = read.row
      const over = overlay?.get(keyOf(kind, id))
      const body = over ? over.body : ((await find(database, kind, id))?.body ?? null)
      this.#rows.set(keyOf(kind, id), body ?? (await this.#missing(database, actor, complete, scope)))
    }
  }

  async #missing(database: Database, actor: Actor, complete: boolean, scope: Scope): Promise<Missing> {
    if (!complete) return 'unknownHere'
    const own = [`m:${actor.memberId}`, `p:${actor.memberId}`, 'c']
    if (own.includes(scope)) return 'absent'
    if (scope.startsWith('p:') || scope.startsWith('d:')) return 'unknownHere'
    if (actor.role === 'officer') return 'absent'
    if (actor.role === 'leader' && scope === `t:${actor.teamId}`) return 'absent'
    if (!scope.startsWith('s:')) return 'unknownHere'
    return (await find(database, 'stairwell', scope.slice(2))) ? 'absent' : 'unknownHere'
  }
}
