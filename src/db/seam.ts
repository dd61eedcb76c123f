import type { NetAnswer } from '../protocol/netAnswer.ts'

/** What a phone needs of the world that nobody syncs: the rest comes beside the first screen. */
export type PhoneSeam = Omit<Seam, 'net' | 'locks'>

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
  /** Runs `run` when nobody has asked for half a second, once however often it was asked for; at once where nobody taps. */
  calm(run: () => void): void
  /** Whether something waits for `calm`. */
  isRestless(): boolean
  timer: { set(run: () => void, delayMs: number): () => void }
  /** Runs `run` while no other tab of this phone holds `name`; a lock that is taken means somebody else is at it. */
  locks: { tryHold(name: string, run: () => Promise<void>): Promise<boolean> }
}
