import type { Page } from 'playwright'
import { redrawn } from './accessFaults.ts'

/** Fingers need this much, in CSS px. */
const TARGET_PX = 44

/**
 * What is wrong with the page's layout as it stands: sideways scrolling, targets too small for a thumb, fields without a
 * visible label, dialogs without a title. One line per fault; an empty list is what a journey expects.
 *
 * Targets are measured at 100 % text, sideways scrolling at 100 % and at 200 %. A field is as large as its label makes
 * it. Links that flow with a sentence are left out, as WCAG does.
 */
export async function layoutFaults(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const text of ['200%', '100%']) {
    await page.evaluate((size) => document.documentElement.style.setProperty('font-size', size), text)
    // The façade is planned anew for larger text, once the browser has told it.
    await redrawn(page)
    const widths = await page.evaluate(() => ({
      page: document.scrollingElement!.scrollWidth,
      screen: window.innerWidth,
      widest: [...document.body.querySelectorAll('*')]
        .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1)
        .map((element) => `${element.tagName.toLowerCase()}.${element.className}`)
        .slice(0, 3),
    }))
    if (widths.page > widths.screen + 1) {
      found.push(`${text}: scrolls sideways, ${widths.page} > ${widths.screen} (${widths.widest.join(', ')})`)
    }
  }
  await page.evaluate(() => document.documentElement.style.removeProperty('font-size'))
  return [...found, ...(await page.evaluate(faultsOfControls, TARGET_PX))]
}

/** Runs inside the page. */
function faultsOfControls(targetPx: number): string[] {
  const isShown = (element: Element) => {
    const box = element.getBoundingClientRect()
    const style = getComputedStyle(element)
    return box.width > 1 && box.height > 1 && style.visibility === 'visible' && style.display !== 'none'
  }
  const nameOf = (element: Element) =>
    `${element.tagName.toLowerCase()} "${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40)}"`
  const labelsOf = (element: Element) => [...((element as HTMLInputElement).labels ?? [])].filter(isShown)
  const faults: string[] = []

  const targets =
    'a[href], button, summary, input:not([type="hidden"]), select, textarea, [role="slider"], [role="button"]'
  for (const element of document.querySelectorAll(targets)) {
    const places = [element, ...labelsOf(element)].filter(isShown)
    if (places.length === 0 || getComputedStyle(element).display === 'inline') continue
    const width = Math.max(...places.map((place) => place.getBoundingClientRect().width))
    const height = Math.max(...places.map((place) => place.getBoundingClientRect().height))
    // Half a pixel belongs to rounding.
    if (width + 0.5 >= targetPx && height + 0.5 >= targetPx) continue
    faults.push(`target ${Math.round(width)} × ${Math.round(height)}: ${nameOf(element)}`)
  }

  for (const field of document.querySelectorAll('input:not([type="hidden"]), select, textarea')) {
    if (![field, ...labelsOf(field)].some(isShown)) continue
    if (!labelsOf(field).some((label) => label.textContent?.trim()))
      faults.push(`no visible label: ${field.outerHTML.slice(0, 80)}`)
  }

  for (const dialog of document.querySelectorAll('dialog[open], [role="dialog"]')) {
    const title = document.getElementById(dialog.getAttribute('aria-labelledby') ?? '')
    if (!title || !isShown(title) || !title.textContent?.trim())
      faults.push(`dialog without a title: ${nameOf(dialog)}`)
  }
  return faults
}
