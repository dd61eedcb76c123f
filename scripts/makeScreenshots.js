/**
 * Takes pictures of the main screens from the demonstration: `node scripts/makeScreenshots.js`. All of them go to
 * .cache/screens, on a phone and on a desk, in light and dark, to be looked at by eye; the few that the README shows are
 * copied to docs/screens and committed.
 */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { ensureBuilt } from './launcher/ensureBuilt.js'
import { modernNode } from './launcher/modernNode.js'
import { inProject } from './launcher/project.js'
import { runTool } from './launcher/runTool.js'

const shown = [
  'home-phone-light.png',
  'house-phone-dark.png',
  'door-phone-light.png',
  'quiz-phone-light.png',
  'look-up-phone-dark.png',
  'tower-door-phone-dark.png',
  'street-desk-light.png',
  'assign-desk-dark.png',
]

const all = inProject('.cache', 'screens')
const committed = inProject('docs', 'screens')
mkdirSync(all, { recursive: true })
await ensureBuilt()
const flags = ['--disable-warning=ExperimentalWarning']
await runTool(modernNode(), [...flags, inProject('tests', 'harness', 'takeScreenshots.ts'), all])
mkdirSync(committed, { recursive: true })
for (const name of readdirSync(all)) if (shown.includes(name)) copyFileSync(`${all}/${name}`, `${committed}/${name}`)
