import type { Stairwell } from '../records/stairwell.ts'
import { CHINESE_NUMBER, readNumber } from '../roster/numerals.ts'

type Place = Pick<Stairwell, 'estate' | 'building' | 'stairwell'>

/** Numbers, written in digits or in Chinese, compare as numbers and the rest by code point: 2 before 10 on every device. */
export function compareNames(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)]
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, other] = [a[index]!, b[index]!]
    if (one === other) continue
    const difference = (readNumber(one) ?? NaN) - (readNumber(other) ?? NaN)
    if (!Number.isNaN(difference) && difference !== 0) return difference
    return one < other ? -1 : 1
  }
  return a.length - b.length
}

const NUMBERS = new RegExp(`(\\d+|${CHINESE_NUMBER})`, 'u')

function partsOf(name: string): string[] {
  return name.split(NUMBERS).filter((part) => part !== '')
}

/** The order in which people read a list of stairwells: estate, building, stairwell. */
export function comparePlaces(left: Place, right: Place): number {
  return (
    compareNames(left.estate, right.estate) ||
    compareNames(left.building, right.building) ||
    compareNames(left.stairwell, right.stairwell)
  )
}
