import { compareNames } from '../../domain/coverage/comparePlaces.ts'
import type { DeviceReport } from '../../domain/records/deviceReport.ts'
import type { Member } from '../../domain/records/member.ts'
import type { PhoneLoss } from '../../domain/records/phoneLoss.ts'
import { localClock, localDate } from '../../domain/times.ts'
import { coverageMessages } from '../../messages/coverage.ts'

const NAMES_AFTER_MS = 24 * 3_600_000

/** How far the figures on a screen can be trusted. */
export interface Freshness {
  /** When this phone last heard from the server, by the server's clock, ms. */
  syncedAt: number | null
  /** Other people's phones that last said they still hold something unsent. */
  phones: number
  /** Whose they are, by name, once they have been silent for a day. Never "last online". */
  lateNames: string[]
}

/**
 * Weighs what the phones last said of themselves. This phone's own unsent work is in its façades already, and a phone
 * that was stopped will send nothing more.
 */
export function weighFreshness(
  reports: readonly DeviceReport[],
  members: readonly Member[],
  left: ReadonlySet<string>,
  syncedAt: number | null,
  now: number,
): Freshness {
  const unsent = reports.filter((report) => report.unsent > 0 && !left.has(report.id))
  const late = unsent.filter(({ reportedAt }) => reportedAt !== null && now - reportedAt > NAMES_AFTER_MS)
  const ids = new Set(late.map((report) => report.memberId))
  const lateNames = members.filter((member) => ids.has(member.id)).map((member) => member.name)
  return { syncedAt, phones: unsent.length, lateNames: lateNames.sort(compareNames) }
}

/** 数据截至 21:40，2 台手机未同步; with the date when it was not today. */
export function wordFreshness({ syncedAt, phones }: Freshness, now: number): string {
  if (syncedAt === null) return coverageMessages.freshNever
  const clock = localClock(syncedAt)
  const date = localDate(syncedAt)
  const moment = date === localDate(now) ? clock : coverageMessages.freshMoment(date, clock)
  return coverageMessages.freshAt(moment, phones)
}

/** A loss is spoken of for as long as an evening can be remembered. */
const LOSS_DAYS_MS = 14 * 24 * 3_600_000

/** Phones that said lately that something unsent on them may be gone, the latest first: to think back together. */
export function wordLosses(losses: readonly PhoneLoss[], members: readonly Member[], now: number): string[] {
  const nameOf = (memberId: string) => members.find((member) => member.id === memberId)?.name ?? ''
  return losses
    .filter(({ atMost, noticedAt }) => atMost !== 0 && now - noticedAt < LOSS_DAYS_MS)
    .sort((left, right) => right.noticedAt - left.noticedAt)
    .map(({ memberId, atMost, noticedAt }) => {
      const day = coverageMessages.freshMoment(localDate(noticedAt), localClock(noticedAt))
      return coverageMessages.phoneLoss(nameOf(memberId), day, atMost)
    })
}
