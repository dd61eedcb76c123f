import type { Kysely, Transaction } from 'kysely'
import { DAY_MS } from '../src/protocol/limits.ts'
import { readSetting, putSetting, renameEpoch } from './storage/enrolments.ts'
import { lockClock } from './storage/records.ts'
import type { Tables } from './storage/tables.ts'

/** How long after a restore a phone's word about the lost history is taken (SYNC-8), ms. */
export const FORMER_MS = 7 * DAY_MS

const nameOf = (community: string, epoch: string): string => `formerEpoch.${community}.${epoch}`

/**
 * Begins another history of a community: called once by whatever restores a backup, before anybody is served from it.
 * The old epoch is remembered, so that phones may offer again what only they still know.
 *
 * @param epoch a fresh random name for the new history
 * @param at the server's time, ms
 */
export async function beginEpoch(
  trx: Transaction<Tables>,
  community: string,
  epoch: string,
  at: number,
): Promise<void> {
  const before = await lockClock(trx, community)
  if (!before) throw new Error('unknown community')
  await rememberEpoch(trx, community, before.epoch, at)
  await renameEpoch(trx, community, epoch)
}

/** Takes down that an epoch was lost to a restore: phones may still stand at it. */
export async function rememberEpoch(
  trx: Transaction<Tables>,
  community: string,
  epoch: string,
  at: number,
): Promise<void> {
  await putSetting(trx, nameOf(community, epoch), String(at))
}

/** Whether an epoch is one that this community lost to a restore in the last seven days. */
export async function isFormerEpoch(
  db: Kysely<Tables>,
  community: string,
  epoch: string,
  now: number,
): Promise<boolean> {
  const at = await readSetting(db, nameOf(community, epoch))
  return at !== null && now - Number(at) < FORMER_MS
}
