/**
 * A second copy of whose phone this is and what was remembered of its database, beside localStorage: one of the two may
 * be cleared without the other.
 */
const CACHE = 'qiaomen-kept'
const PLACE = '/kept/phone'

/** Writes the copy. Trouble with it is not worth stopping anything. */
export async function writeKeptCopy(copy: { enrolment: unknown; sentinel: string | null }): Promise<void> {
  if (typeof caches === 'undefined') return
  const cache = await caches.open(CACHE)
  await cache.put(PLACE, new Response(JSON.stringify(copy)))
}

/** Takes the copy away. */
export async function forgetKeptCopy(): Promise<void> {
  if (typeof caches !== 'undefined') await caches.delete(CACHE)
}

/** The copy, or `null` where there is none that can be read. */
export async function readKeptCopy(): Promise<{ enrolment: unknown; sentinel: string | null } | null> {
  try {
    // Opening one that is not there would make it.
    if (!(await caches.has(CACHE))) return null
    const found = await (await caches.open(CACHE)).match(PLACE)
    return found ? ((await found.json()) as { enrolment: unknown; sentinel: string | null }) : null
  } catch {
    return null
  }
}
