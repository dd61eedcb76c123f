import { halfWidth, printed } from './halfWidth.ts'
import { withDigits } from './numerals.ts'

/**
 * A door's label as it is compared and minted from: half width, upper case, without blanks, without No. or # before it
 * and without 室, 房 or 户 after a number. Words such as 值班室 stay whole. Applying it twice changes nothing.
 */
export function normaliseLabel(label: string): string {
  let text = halfWidth(label).replace(/ /gu, '').toUpperCase()
  for (;;) {
    const next = withDigits(text)
      .replace(/^(?:NO[.:]?|#|房号:?|室号:?)(?=[A-Z]?\d)/u, '')
      .replace(/^(\d+)\.0+$/u, '$1')
      .replace(/([\dA-Z])(?:号房|号室|室|房|户|#|号)$/u, (whole, last: string) =>
        /^\d{1,2}号$/u.test(text) ? whole : last,
      )
    if (next === text) return printed(text)
    text = next
  }
}
