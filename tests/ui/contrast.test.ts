import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync('src/ui/tokens.css', 'utf8')
type Theme = ReadonlyMap<string, string>

function block(start: string): Theme {
  const from = css.indexOf(start)
  if (from < 0) throw new Error(`tokens.css has no block ${start}`)
  const body = css.slice(from, css.indexOf('}', from))
  return new Map([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!.trim()]))
}

const light = block(':root {')
const dark: Theme = new Map([...light, ...block(":root[data-theme='dark'] {")])
const darkBySystem: Theme = new Map([...light, ...block(":root:not([data-theme='light']) {")])

function luminance(hex: string): number {
  const parts = /^#(..)(..)(..)$/.exec(hex)?.slice(1) ?? []
  const [red, green, blue] = parts.map((part) => {
    const share = parseInt(part, 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function contrast(theme: Theme, ink: string, ground: string): number {
  const [bright, dim] = [ink, ground].map((name) => luminance(theme.get(name) ?? name)).sort((a, b) => b - a)
  return (bright! + 0.05) / (dim! + 0.05)
}

/** Text on its ground, WCAG 1.4.3. Stripes and lines count as grounds too. */
const TEXTS: [string, string][] = [
  ['ink', 'paper'],
  ['ink', 'card'],
  ['ink', 'card-2'],
  ['muted', 'paper'],
  ['muted', 'card'],
  ['muted', 'card-2'],
  ['act', 'paper'],
  ['act', 'card'],
  ['late', 'paper'],
  ['late', 'card'],
  ['night-ink', 'night'],
  ['night-ink', 'night-2'],
  ['night-muted', 'night'],
  ['night-muted', 'night-2'],
  ['lamp-ink', 'lamp'],
  ['lamp-muted', 'lamp'],
  ['wall-ink', 'wall'],
  ['wall-ink', 'wall-top'],
  ['wall-muted', 'wall'],
  ['wall-muted', 'wall-top'],
  ['window-untouched-ink', 'window-untouched'],
  ['window-lit-ink', 'window-lit'],
  ['#352500', '#ffc93c'],
  ['#ffffff', '#26304f'],
  ['window-neutral-ink', 'window-neutral'],
  ['window-neutral-ink', 'window-neutral-2'],
  ['window-again-ink', 'window-again'],
  ['window-peace-ink', 'window-peace'],
  ['window-brick-ink', 'window-brick'],
  ['window-brick-ink', 'window-brick-2'],
  ['bin-kitchen-ink', 'bin-kitchen'],
  ['bin-recyclable-ink', 'bin-recyclable'],
  ['bin-hazardous-ink', 'bin-hazardous'],
  ['bin-residual-ink', 'bin-residual'],
]

/** What is no text but must be seen: rings, dots, frames of fields, frames of windows on the wall. WCAG 1.4.11. */
const SHAPES: [string, string][] = [
  ['focus', 'paper'],
  ['focus', 'card'],
  ['ok', 'paper'],
  ['wait', 'paper'],
  ['line-strong', 'card'],
  ['window-peace-frame', 'window-peace'],
]

describe.each([
  ['light', light],
  ['dark', dark],
] as const)('in the %s theme', (_, theme) => {
  it.each(TEXTS)('%s on %s reads at 4.5:1', (ink, ground) => {
    expect(contrast(theme, ink, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(SHAPES)('%s on %s shows at 3:1', (ink, ground) => {
    expect(contrast(theme, ink, ground)).toBeGreaterThanOrEqual(3)
  })
})

it('the night chosen by hand and the night of the system are the same', () => {
  expect([...darkBySystem].sort()).toEqual([...dark].sort())
})
