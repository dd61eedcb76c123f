import type { Args, Verb } from '../domain/verbs.ts'
import { knowsRevision } from './capture.ts'
import { commit, rehearse, type Committed, type Deed } from './commit.ts'
import { newId, type Database } from './database.ts'
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

/**
 * Saves a command on this phone and asks for a sync: the one way from a screen to a stored row.
 *
 * @param ahead is saved before it, in the same transaction
 */
export async function save<V extends Verb>(verb: V, args: Args<V>, ahead?: readonly Deed[]): Promise<Committed> {
  const phone = here()
  const { database, seam, requestSync } = phone
  const run = () => commit(database, seam, verb, args, ahead)
  const committed = await run().catch(async (error) => (await import('./saveAgain.ts')).saveAgain(error, run, phone))
  // Each of several that are saved in one frame is counted.
  if (committed.saved) seam.paint(() => requestSync())
  return committed
}

/** A command to be saved along with another: its id is there already. */
export function deedOf<V extends Verb>(verb: V, args: Args<V>): Deed {
  return { id: newId(here().seam.rng), verb, args } as Deed
}

/** Looks up what commands will need, unless this page knows it: the tap that follows need not wait for it. */
export async function expect(deeds: readonly Deed[], revision: number): Promise<void> {
  const { database, seam } = here()
  if (!knowsRevision(database, revision)) await rehearse(database, seam, deeds)
}
