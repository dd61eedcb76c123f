import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright'

/**
 * What axe finds on the page as it stands, one line per rule and place; an empty list is what a journey expects.
 * Contrast is judged as it is drawn now, so call it once per theme.
 */
export async function accessFaults(page: Page): Promise<string[]> {
  // There are no frames to gather from, so the results need no page of their own.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

/**
 * The same in both themes and with text at 200 %, as a person who needs it sets it in the browser.
 *
 * @returns one line per fault, with the look in front
 */
export async function accessFaultsInEveryLook(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const text of ['100%', '200%']) {
      await page.evaluate((size) => document.documentElement.style.setProperty('font-size', size), text)
      await redrawn(page)
      for (const fault of await accessFaults(page)) found.push(`${colorScheme} ${text} ${fault}`)
    }
  }
  await page.evaluate(() => document.documentElement.style.removeProperty('font-size'))
  await page.emulateMedia({ colorScheme: null })
  return found
}

/** Waits for two frames: what hangs on the look has been drawn anew then, and transitions have begun to end. */
export async function redrawn(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
}
