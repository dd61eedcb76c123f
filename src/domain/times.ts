/** Guangzhou keeps UTC+8 all year; days and bands are local. */
const LOCAL_OFFSET_MS = 8 * 3_600_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Bands of an evening, by the local hour at which each begins. The morning band begins the day. */
export const BANDS = [0, 12, 17, 19, 21] as const

const floorTo = (value: number, step: number): number => Math.floor(value / step) * step

/** Local midnight of a moment, as ms since 1970 UTC. */
export function localMidnight(moment: number): number {
  return floorTo(moment + LOCAL_OFFSET_MS, DAY_MS) - LOCAL_OFFSET_MS
}

/** The beginning of the coarse band a moment falls into: all that is kept of when nobody answered. */
export function coarseTime(moment: number): number {
  const midnight = localMidnight(moment)
  const hour = (moment - midnight) / HOUR_MS
  const band = BANDS.reduce<number>((begin, candidate) => (candidate <= hour ? candidate : begin), 0)
  return midnight + band * HOUR_MS
}

/** The local hour at which the band of a moment begins. */
export function bandHour(moment: number): number {
  return Math.round((coarseTime(moment) - localMidnight(moment)) / HOUR_MS)
}

/** Local date as YYYY-MM-DD. */
export function localDate(moment: number): string {
  return new Date(moment + LOCAL_OFFSET_MS).toISOString().slice(0, 10)
}

/** Local time as HH:MM. */
export function localClock(moment: number): string {
  return new Date(moment + LOCAL_OFFSET_MS).toISOString().slice(11, 16)
}

/** Minutes after local midnight. */
export function localMinutes(moment: number): number {
  return Math.floor((moment - localMidnight(moment)) / 60_000)
}
