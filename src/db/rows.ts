import type { Facade } from '../domain/coverage/facade.ts'
import type { Row } from '../domain/record.ts'

/** A row as this phone shows it: the server's state with the phone's own unsent commands on top. */
export interface StoredRow extends Row {
  /** The download it was last seen in; a full download sweeps away what it did not bring. */
  generation: number
}

/** The server's state of a row that an unsent command has changed here; `body` null where the server has none. */
export interface ShadowRow {
  kind: string
  id: string
  scope: string
  body: { id: string } | null
  /** The download in which the server last spoke of this row; an older one ends in `null` when a download is complete. */
  generation: number
}

/** A façade projection as stored. */
export type FacadeRow = Facade

/** The stores that commands work on, and what lies in them. */
export interface Stores {
  records: StoredRow
  facades: FacadeRow
  shadow: ShadowRow
}
export type StoreName = keyof Stores
export type RowOf<S extends StoreName> = Stores[S]
export type Key = string[]

/** Rows inside a transaction that is under way: one of the engine's own (`Database`), or that of a tap (`Capture`). */
export interface Rows {
  /** In the order of the keys; `undefined` where there is none. */
  read<S extends StoreName>(store: S, keys: readonly Key[]): Promise<(RowOf<S> | undefined)[]>
  /** Records between two keys, both included, in their order. */
  readRange(lower: Key, upper: Key, limit: number): Promise<StoredRow[]>
  write<S extends StoreName>(store: S, rows: readonly RowOf<S>[]): Promise<void>
  remove(store: StoreName, keys: readonly Key[]): Promise<void>
}
