import type { NetAnswer } from '../protocol/netAnswer.ts'

/**
 * The one seam through which the engine touches the world. The app brings the browser's, tests and the simulation bring
 * their own: the same engine runs in Node over fake-indexeddb.
 */
export interface Seam {
  clock: { now(): number }
  rng: { bytes(length: number): Uint8Array; next(): number }
  idb: { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange }
  net: { post(path: string, body: string): Promise<NetAnswer> }
  /** Runs `run` once the screen shows what was changed until now; at once where nothing is drawn. */
  paint(run: () => void): void
  timer: { set(run: () => void, delayMs: number): () => void }
  /** Runs `run` while no other tab of this phone holds `name`; a lock that is taken means somebody else is at it. */
  locks: { tryHold(name: string, run: () => Promise<void>): Promise<boolean> }
}
