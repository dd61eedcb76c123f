import { onScopeDispose, watch, type Ref } from 'vue'

/**
 * Makes the phone's Back key close what lies on top instead of leaving the page. One spare history entry is laid when
 * something opens and stays when it is closed by a tap: taking it away with history.back() would race with a
 * navigation that the same tap began. The next thing that opens uses it again, and a Back that meets it with nothing
 * open is passed on, so nobody has to press twice.
 */
const SPARE = 'spareForBack'

interface Layer {
  close: () => void
}
const layers: Layer[] = []
let spareHref: string | null = null

/** Closes the top layer on Back while `isOpen` is true. */
export function backCloses(isOpen: Ref<boolean>, close: () => void): void {
  const layer: Layer = { close }
  watch(isOpen, (open) => (open ? push(layer) : drop(layer)), { immediate: true, flush: 'sync' })
  onScopeDispose(() => drop(layer))
}

function push(layer: Layer): void {
  listen()
  if (!layers.includes(layer)) layers.push(layer)
  laySpare()
}

function drop(layer: Layer): void {
  const at = layers.indexOf(layer)
  if (at >= 0) layers.splice(at, 1)
}

function laySpare(): void {
  if (isSpare(history.state)) {
    spareHref = location.href
    return
  }
  history.pushState({ ...(history.state as object | null), [SPARE]: true }, '')
  spareHref = location.href
}

let isListening = false
function listen(): void {
  if (isListening) return
  isListening = true
  // Before the router hears of it: the address is the same, so there is nothing to navigate to.
  addEventListener('popstate', onPop, { capture: true })
}

function onPop(event: PopStateEvent): void {
  if (isSpare(event.state)) {
    spareHref = location.href
    return
  }
  const leftSpare = spareHref === location.href
  spareHref = null
  if (!leftSpare) return
  event.stopImmediatePropagation()
  const top = layers.pop()
  if (!top) {
    history.back()
    return
  }
  top.close()
  if (layers.length > 0) laySpare()
}

function isSpare(state: unknown): boolean {
  return typeof state === 'object' && state !== null && SPARE in state
}

// A page that was loaded again while a spare entry lay on top.
if (isSpare(history.state)) {
  listen()
  spareHref = location.href
}
