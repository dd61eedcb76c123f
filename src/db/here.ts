import type { Args, Verb } from '../domain/verbs.ts'
import { knowsRevision } from './capture.ts'
import { commit, rehearse, type Committed } from './commit.ts'
import type { Database } from './database.ts'
import type { StorageTrouble } from './saveAgain.ts'
import type { PhoneSeam } from './seam.ts'

/** The phone that this page is: one member's database, and how to ask for a sync. Set once by the app at its start. */
export interface Here {
  database: Database
  seam: PhoneSeam
  communityId: string
  memberId: string
  deviceId: string
  /** Asks for a sync cycle soon. */
  requestSync(): void
  /** Says what befell the phone's storage, to whoever has words for it. */
  onTrouble?(code: StorageTrouble): void
  /** Puts a connection that broke off right, so that the next tap finds it whole. */
  mend?(error: unknown): void
}

let current: Here | null = null

export function setHere(phone: Here | null): void {
  current = phone
}

/** The open phone, for screens that are also shown before there is one. */
export function hereIfOpen(): Here | null {
  return current
}

/** @throws Error before the app has opened a database */
export function here(): Here {
  if (!current) throw new Error('no phone is open')
  return current
}

/** Saves a command on this phone and asks for a sync: the one way from a screen to a stored row. */
export async function save<V extends Verb>(verb: V, args: Args<V>): Promise<Committed> {
  const phone = here()
  const { database, seam, requestSync } = phone
  const run = () => commit(database, seam, verb, args)
  const committed = await run().catch(async (error) => (await import('./saveAgain.ts')).saveAgain(error, run, phone))
  // Each of several that are saved in one frame is counted.
  if (committed.saved) seam.paint(() => requestSync())
  return committed
}

/** Looks up what a command will need, unless this page knows it: the tap that follows need not wait for it. */
export async function expect<V extends Verb>(verb: V, args: Args<V>, revision: number): Promise<void> {
  const { database, seam } = here()
  if (!knowsRevision(database, revision)) await rehearse(database, seam, verb, args)
}
