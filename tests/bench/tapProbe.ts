/** One tap as the page itself saw it: milliseconds from the finger's lifting. */
export interface TapTimes {
  label: string
  /** The page hears of it: until then the tap is on its way through the tool and the browser. */
  heard: number
  /** The strict transaction that holds the command completed: a dead battery does not take it away any more. */
  saved: number
  /** The window and the standing line have changed in the document. */
  changed: number
  /** The frame that shows them is drawn: its work on the main thread is done. */
  painted: number
  /** The frame after that one begins. Whatever the compositor does with the first one has begun before. */
  nextFrame: number
  /** How durable the browser says the transaction was. */
  durability: string
}

export interface PageTimes {
  taps: TapTimes[]
  /** Milliseconds, of tasks of the main thread over 50 ms. */
  longTasks: number[]
  /** Milliseconds since the page began to load, when the first window was drawn. */
  facadeAt: number
  /** Resolves at the end of the next tap. Asking for it once disturbs the page less than asking again and again. */
  nextTap(): Promise<void>
}

/**
 * Runs in the page before the app does, and watches it from outside: the platform's own IndexedDB calls and the document.
 * The app knows nothing of it. It must stand alone, because it is sent to the browser as text.
 */
export function installTapProbe(): void {
  interface Tap {
    label: string
    at: number
    door: Element
    name: string
    line: string
    heard: number
    saved: number
    durability: string
    isChanged: boolean
  }
  let tapEnded = () => {}
  const nextTap = () => new Promise<void>((resolve) => (tapEnded = resolve))
  const times: PageTimes = { taps: [], longTasks: [], facadeAt: 0, nextTap }
  Object.assign(window, { tapTimes: times })
  let tap: Tap | null = null

  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) times.longTasks.push(duration)
  }).observe({ entryTypes: ['longtask'] })

  /** Calls back when the next frame's work is done: a message comes after it, and before anything later. */
  const afterPaint = (run: () => void) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = run
      port2.postMessage(null)
    })
  }

  // Before the library sets a handler of its own, so that nothing it does on completion is counted.
  const captures = new WeakSet<IDBTransaction>()
  const transaction = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (...args) {
    const made = transaction.apply(this, args)
    made.addEventListener('complete', () => {
      if (!tap || tap.saved || !captures.has(made)) return
      tap.saved = performance.now() - tap.at
      tap.durability = made.durability
    })
    return made
  }
  const add = IDBObjectStore.prototype.add
  IDBObjectStore.prototype.add = function (...args) {
    if (this.name === 'outbox') captures.add(this.transaction)
    return add.apply(this, args)
  }

  const nameOf = (door: Element) => door.getAttribute('aria-label') ?? ''
  const lineNow = () => document.querySelector('dialog .standing .text, .foot .standing .text')?.textContent ?? ''

  document.addEventListener(
    'pointerup',
    ({ target, timeStamp }) => {
      const outcome = (target as Element).closest('dialog [role=group] button')
      const door = document.querySelector('button[data-door][aria-current=true]')
      if (!outcome || !door) return
      const label = nameOf(door).split(' ')[0] ?? ''
      const seen = { door, name: nameOf(door), line: lineNow() }
      const heard = performance.now() - timeStamp
      tap = { label, at: timeStamp, ...seen, heard, saved: 0, durability: '', isChanged: false }
    },
    true,
  )

  new MutationObserver(() => {
    if (!times.facadeAt && document.querySelector('button[data-door]')) {
      times.facadeAt = -1
      afterPaint(() => (times.facadeAt = performance.now()))
    }
    const now = tap
    if (!now || now.isChanged || nameOf(now.door) === now.name) return
    const line = lineNow()
    if (line === now.line || !line.includes(now.label)) return
    now.isChanged = true
    const { label, at } = now
    const changed = performance.now() - at
    let painted = 0
    afterPaint(() => (painted = performance.now() - at))
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const nextFrame = performance.now() - at
        const { heard, saved, durability } = now
        times.taps.push({ label, heard, saved, changed, painted: painted || nextFrame, nextFrame, durability })
        tap = null
        tapEnded()
      }),
    )
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
}
