import type { Stairwell } from '../records/stairwell.ts'

type Place = Pick<Stairwell, 'estate' | 'building' | 'stairwell'>

/** Digits compare as numbers and the rest by code point, so 2 stands before 10 on every device. */
export function compareNames(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)]
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, other] = [a[index]!, b[index]!]
    if (one === other) continue
    const difference = Number(one) - Number(other)
    if (!Number.isNaN(difference) && difference !== 0) return difference
    return one < other ? -1 : 1
  }
  return a.length - b.length
}

function partsOf(name: string): string[] {
  return name.match(/\d+|\D+/g) ?? []
}

/** The order in which people read a list of stairwells: estate, building, stairwell. */
export function comparePlaces(left: Place, right: Place): number {
  return (
    compareNames(left.estate, right.estate) ||
    compareNames(left.building, right.building) ||
    compareNames(left.stairwell, right.stairwell)
  )
}
