import type { EventEmitter } from 'node:events'
import type { Storage } from './storage/openStorage.ts'

/** Everything the server takes from outside. Tests and the simulation bring their own clock and randomness. */
export interface ServerContext {
  storage: Storage
  clock: { now(): number; follow?(stamps: Iterable<{ from: number; until: number | null }>): void }
  rng: { bytes(length: number): Uint8Array }
  /** Key of the signatures on cursors; made once per installation. */
  secret: string
  /**
   * Emits the community's id after each commit that changed something: `poke` for one of this process, `elsewhere` for
   * one of another server on the same database.
   */
  pokes: EventEmitter
  /** Counts faults that were held instead of thrown, and tells the operator. */
  onFault(error: unknown, where: string): void
}
