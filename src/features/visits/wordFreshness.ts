import { localClock, localDate } from '../../domain/times.ts'
import { visitMessages } from '../../messages/visits.ts'

/** 数据截至 21:40，2 台手机未同步; with the day when it was not today. */
export function wordFreshness(syncedAt: number | null, phones: number, now: number): string {
  const clock = syncedAt === null ? null : localClock(syncedAt)
  const isToday = syncedAt !== null && localDate(syncedAt) === localDate(now)
  const at = syncedAt === null || isToday ? clock : `${wordDay(syncedAt)} ${clock}`
  return visitMessages.stairwell.freshness(at, phones)
}

/** 11月20日, of this year or any other. */
export function wordDay(moment: number): string {
  const [, month = '', day = ''] = localDate(moment).split('-')
  return visitMessages.day(Number(month), Number(day))
}

/** 2027年11月20日. */
export function wordDate(moment: number): string {
  return visitMessages.date(Number(localDate(moment).slice(0, 4)), wordDay(moment))
}
