/**
 * Draws the PNG icons from the two SVG files in public/icons with a headless browser: `node scripts/makeIcons.js`.
 * The results are committed, so this runs only after the drawing changed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findBrowser } from './launcher/findBrowser.js'
import { inProject } from './launcher/project.js'
import { runTool } from './launcher/runTool.js'

const icons = [
  { drawing: 'icon.svg', picture: 'icon-192.png', sizePx: 192 },
  { drawing: 'icon.svg', picture: 'icon-512.png', sizePx: 512 },
  { drawing: 'icon-maskable.svg', picture: 'icon-maskable-512.png', sizePx: 512 },
  // Apple rounds the corners itself and shows transparent ones in black.
  { drawing: 'icon-maskable.svg', picture: 'icon-180.png', sizePx: 180 },
]

const browser = findBrowser()
if (browser === undefined) throw new Error('no Chromium found; npm test installs one')
const folder = mkdtempSync(path.join(tmpdir(), 'icons-'))
for (const { drawing, picture, sizePx } of icons) {
  const svg = readFileSync(inProject('public', 'icons', drawing), 'utf8')
  const page = path.join(folder, 'icon.html')
  const sized = svg.replace('<svg ', `<svg width="${sizePx}" height="${sizePx}" `)
  writeFileSync(page, `<!doctype html><style>body{margin:0}svg{display:block}</style>${sized}`)
  await runTool(browser, [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--default-background-color=00000000'],
    ...[`--user-data-dir=${folder}/profile`, `--window-size=${sizePx},${sizePx}`],
    ...[`--screenshot=${inProject('public', 'icons', picture)}`, `file://${page}`],
  ])
}
rmSync(folder, { recursive: true, force: true })
