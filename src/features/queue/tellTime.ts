import { localClock, localDate } from '../../domain/times.ts'

/** 21:32 for today, 11-20 21:32 for another day. @param at and @param now in ms */
export function tellTime(at: number, now: number): string {
  const day = localDate(at)
  return day === localDate(now) ? localClock(at) : `${day.slice(5)} ${localClock(at)}`
}
