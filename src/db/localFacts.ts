import type { Actor, Facts, Missing, Read } from '../domain/command.ts'
import { RANGE_LIMIT } from '../domain/command.ts'
import type { Body, KindName } from '../domain/kinds.ts'
import type { Change, Ref, Scope } from '../domain/record.ts'
import type { Rows } from './rows.ts'

const keyOf = (kind: string, id: string): string => `${kind} ${id}`

/**
 * What rules may see of this phone: loaded first, in few requests, then looked at synchronously. A transaction that
 * waits for anything but the database a hundred times in a row loses its place in Dexie and commits early.
 *
 * A row that is missing is `absent` only where the phone holds the whole scope.
 */
export class LocalFacts implements Facts {
  readonly #overlay: ReadonlyMap<string, Change>
  readonly #rows = new Map<string, { id: string } | Missing>()
  readonly #ranges = new Map<string, ReadonlyMap<string, { id: string }>>()

  /** @param overlay stands before the database: what a replay has worked out so far, by `kind id` */
  constructor(overlay: ReadonlyMap<string, Change> = new Map()) {
    this.#overlay = overlay
  }

  get<K extends KindName>(kind: K, id: string): Body<K> | Missing {
    const row = this.#rows.get(keyOf(kind, id))
    if (row === undefined) throw new Error(`a rule looked at ${kind} without naming it in reads`)
    const over = this.#overlay.get(keyOf(kind, id))
    if (over?.body) return over.body as Body<K>
    return (over && typeof row === 'object' ? 'absent' : row) as Body<K> | Missing
  }

  all<K extends KindName>(kind: K, scope: Scope): readonly Body<K>[] {
    const rows = this.#ranges.get(keyOf(kind, scope))
    if (!rows) throw new Error(`a rule looked at all ${kind} without naming the range in reads`)
    const bodies = new Map(rows)
    for (const change of this.#overlay.values()) {
      if (change.kind !== kind || change.scope !== scope) continue
      if (change.body) bodies.set(change.id, change.body)
      else bodies.delete(change.id)
    }
    return [...bodies.values()] as Body<K>[]
  }

  /**
   * Loads what commands named: all rows in one request, then each range.
   *
   * @param actor may still be on its way; only a row that is missing asks for it
   */
  async load(database: Rows, actor: Actor | Promise<Actor>, complete: boolean, reads: readonly Read[]): Promise<void> {
    const refs = reads.flatMap((read) => ('row' in read ? [read.row] : []))
    const found = await database.read(
      'records',
      refs.map(({ scope, kind, id }) => [scope, kind, id]),
    )
    const missing: Ref[] = []
    for (const [index, ref] of refs.entries()) {
      const body = found[index]?.body
      if (body) this.#rows.set(keyOf(ref.kind, ref.id), body)
      else missing.push(ref)
    }
    if (missing.length > 0) await this.#judgeMissing(database, await actor, complete, missing)
    for (const read of reads) {
      if (!('range' in read)) continue
      const { kind, scope } = read.range
      const rows = await database.readRange([scope, kind, ''], [scope, kind, '\uffff'], RANGE_LIMIT)
      this.#ranges.set(keyOf(kind, scope), new Map(rows.map((row) => [row.id, row.body])))
    }
  }

  async #judgeMissing(database: Rows, actor: Actor, complete: boolean, missing: readonly Ref[]): Promise<void> {
    const stairwells = missing.map(({ scope }) => scope).filter((scope) => scope.startsWith('s:'))
    const held = await database.read(
      'records',
      stairwells.map((scope) => [scope, 'stairwell', scope.slice(2)]),
    )
    const whole = new Set(stairwells.filter((_scope, index) => held[index] !== undefined))
    for (const { kind, id, scope } of missing) {
      const isWhole = complete && (whole.has(scope) || holdsWhole(actor, scope))
      this.#rows.set(keyOf(kind, id), isWhole ? 'absent' : 'unknownHere')
    }
  }
}

/** Scopes that are on this phone as a whole because of who its member is. */
function holdsWhole(actor: Actor, scope: Scope): boolean {
  if ([`m:${actor.memberId}`, `p:${actor.memberId}`, 'c'].includes(scope)) return true
  if (scope.startsWith('p:') || scope.startsWith('d:')) return false
  return actor.role === 'officer' || (actor.role === 'leader' && scope === `t:${actor.teamId}`)
}
