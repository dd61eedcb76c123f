/** How two words differ by one slip: nothing, two neighbours swapped, or one letter changed, missing or too many. */
export type Slip = 'same' | 'swapped' | 'changed' | 'missing' | 'extra'

/** The single slip that leads from `typed` to `meant`, or undefined when it takes more than one. Linear in length. */
export function oneEditApart(typed: string, meant: string): Slip | undefined {
  const surplus = typed.length - meant.length
  if (surplus > 1 || surplus < -1) return undefined
  let start = 0
  const shorter = Math.min(typed.length, meant.length)
  while (start < shorter && typed[start] === meant[start]) start += 1
  let typedEnd = typed.length
  let meantEnd = meant.length
  while (typedEnd > start && meantEnd > start && typed[typedEnd - 1] === meant[meantEnd - 1]) {
    typedEnd -= 1
    meantEnd -= 1
  }
  const typedRest = typedEnd - start
  const meantRest = meantEnd - start
  if (typedRest === 0 && meantRest === 0) return 'same'
  if (typedRest === 1 && meantRest === 1) return 'changed'
  if (typedRest === 0 && meantRest === 1) return 'missing'
  if (typedRest === 1 && meantRest === 0) return 'extra'
  const swapped =
    typedRest === 2 && meantRest === 2 && typed[start] === meant[start + 1] && typed[start + 1] === meant[start]
  return swapped ? 'swapped' : undefined
}
