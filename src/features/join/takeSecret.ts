/** Held in memory alone, so that a failed attempt can be tried again without the address showing it any more. */
let held = ''

/**
 * Takes a link's secret out of the address bar, where a screenshot or a shared tab would give it away. What stands behind
 * `#` never reaches a server's log.
 *
 * @returns the secret; empty when the link was cut
 */
export function takeSecret(): string {
  const fragment = location.hash.slice(1)
  if (fragment !== '') {
    held = fragment
    history.replaceState(history.state, '', location.pathname + location.search)
  }
  return held
}

/** It was used up. */
export function forgetSecret(): void {
  held = ''
}
