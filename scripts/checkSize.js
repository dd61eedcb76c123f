/**
 * The JavaScript a member's phone must fetch before the first door can be tapped, gzipped: the entry, what it imports
 * statically, and the routes home and stairwell with theirs. size-budget.json holds the limit and the last figure that
 * somebody has answered for; growing past it by 1 kB asks for a new figure and a note why.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { inProject } from './launcher/project.js'
import { report } from './report.js'
import { initialFiles, sizeFaults } from './rules/initialSize.js'

const budget = JSON.parse(readFileSync(inProject('size-budget.json'), 'utf8'))
const manifest = JSON.parse(readFileSync(inProject('dist/.vite/manifest.json'), 'utf8'))
const missing = budget.routes.filter((/** @type {string} */ route) => !(route in manifest))
const files = initialFiles(manifest, ['index.html', ...budget.routes])
const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(inProject('dist', file))).length, 0)
const kb = Math.round(bytes / 100) / 10

report(
  [
    ...missing.map((/** @type {string} */ route) => `size-budget.json names the route ${route}, which is not built`),
    ...sizeFaults(kb, budget),
  ],
  `${kb} kB of ${budget.limitKb} kB in ${files.length} files`,
)
