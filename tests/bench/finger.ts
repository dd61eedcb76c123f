import type { CDPSession, Page } from 'playwright'

/** Touches a place on the screen and lets go. */
export type Touch = (x: number, y: number) => Promise<void>

/**
 * A finger rests on the glass for as long as it takes to show that a button is pressed, 50 to 100 ms in life, two frames
 * here. A touch that begins and ends in the same instant would charge the pressed look to the tap.
 */
export function touchOf(page: Page, protocol: CDPSession): Touch {
  return async (x, y) => {
    await protocol.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] })
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined)))),
    )
    await protocol.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  }
}
