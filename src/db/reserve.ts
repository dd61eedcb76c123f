/**
 * Room that is kept for the day on which the phone is full: taken early, given up for the last things that are saved. It
 * lies in Cache Storage, because giving it up there needs no write to a database that cannot write any more.
 */
const CACHE = 'qiaomen-reserve'
const PLACE = '/kept/reserve'
const RESERVE_BYTES = 512 * 1024
/** More than this `crypto.getRandomValues` does not fill at once. */
const FILL_BYTES = 65_536

/** Takes the room, unless it is taken. Bytes at random, so that no storage makes them small. */
export async function keepReserve(): Promise<void> {
  if (typeof caches === 'undefined') return
  // Not opened to look: Chromium gives the room of a cache back when nobody has it open.
  if (await caches.has(CACHE)) return
  const bytes = new Uint8Array(RESERVE_BYTES)
  for (let at = 0; at < bytes.length; at += FILL_BYTES) crypto.getRandomValues(bytes.subarray(at, at + FILL_BYTES))
  const cache = await caches.open(CACHE)
  await cache.put(PLACE, new Response(bytes))
}

/** Gives the room up. @returns whether there was any */
export async function freeReserve(): Promise<boolean> {
  if (typeof caches === 'undefined') return false
  return caches.delete(CACHE)
}
