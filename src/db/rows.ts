import type { FacadeRow, ShadowRow, StoredRow } from './database.ts'

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
