import type { Seam } from '../db/seam.ts'

let painting: (() => void)[] = []

function afterPaint(): void {
  const due = painting
  painting = []
  // One that throws must not keep the next from running: somebody waits for it with the sheet open.
  for (const run of due) queueMicrotask(run)
}

/** The browser's side of the seam: its clock, randomness, database, network, timers and locks. */
export const browserSeam: Seam = {
  clock: { now: () => Date.now() },
  rng: {
    bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    next: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 4_294_967_296,
  },
  idb: { indexedDB, IDBKeyRange },
  // Loaded with the sync that needs it.
  net: { post: async (path, body) => (await import('../remote/request.ts')).post(path, body) },
  paint(run) {
    if (painting.push(run) > 1) return
    // A message comes after the frame's work; a page that nobody sees draws no frames.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = afterPaint
      port2.postMessage(null)
    })
    setTimeout(afterPaint, 200)
  },
  timer: {
    set(run, delayMs) {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  },
  locks: {
    async tryHold(name, run) {
      // Old Safari has no locks. Two tabs may then sync at once, which is slower and still right.
      if (!navigator.locks) {
        await run()
        return true
      }
      return navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
        if (!lock) return false
        await run()
        return true
      })
    },
  },
}
