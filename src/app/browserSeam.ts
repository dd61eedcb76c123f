import type { PhoneSeam } from '../db/seam.ts'

/** One that throws must not keep the next from running: somebody waits for it with the sheet open. */
function runAll(due: Set<() => void>): void {
  for (const run of due) queueMicrotask(run)
  due.clear()
}

const painting = new Set<() => void>()
const afterPaint = () => runAll(painting)

/** From tap to tap people need seconds. Who is faster is not to wait for what others see of it. */
const CALM_MS = 500
/** Somebody who never rests is told and heard all the same. */
const RESTLESS_MOST_MS = 30_000

const calming = new Set<() => void>()
let calmTimer: ReturnType<typeof setTimeout>
let restlessSince = 0

/** The browser's side of the seam, as far as a tap needs it: clock, randomness, database, screen and timers. */
export const browserSeam: PhoneSeam = {
  clock: { now: () => Date.now() },
  rng: {
    bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    next: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 4_294_967_296,
  },
  idb: { indexedDB, IDBKeyRange },
  paint(run) {
    if (painting.add(run).size > 1) return
    // A message comes after the frame's work; a page that nobody sees draws no frames.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = afterPaint
      port2.postMessage(null)
    })
    setTimeout(afterPaint, 200)
  },
  // By a clock that may be set: then it is told at once, or half a second later.
  calm(run) {
    const now = Date.now()
    if (calming.size === 0) restlessSince = now
    calming.add(run)
    clearTimeout(calmTimer)
    calmTimer = setTimeout(runAll, Math.min(CALM_MS, restlessSince + RESTLESS_MOST_MS - now), calming)
  },
  isRestless: () => calming.size > 0,
  timer: {
    set(run, delayMs) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  },
}
