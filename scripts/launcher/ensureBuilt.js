import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { modernNode } from './modernNode.js'
import { inProject } from './project.js'
import { runTool } from './runTool.js'
import { say } from './say.js'
import { withLock } from './withLock.js'

/** Everything the built app depends on. The server's own sources are not among them: it runs them as they are. */
const sources = ['src', 'public', 'index.html', 'vite.config.ts', 'package-lock.json']

const stampFile = inProject('dist', 'build-stamp.txt')

/**
 * Builds the app into `dist/` when its sources changed since the last build. The new build is made beside the old one
 * and swapped in whole, so that a failed build leaves the old app and a running server never serves half of a new one.
 */
export async function ensureBuilt() {
  if (isBuilt()) return
  await withLock('build', async () => {
    if (isBuilt()) return
    say('building the app …')
    const hash = sourcesHash()
    const next = inProject('.cache', 'dist-next')
    const previous = inProject('.cache', 'dist-previous')
    rmSync(next, { recursive: true, force: true })
    const vite = inProject('node_modules', 'vite', 'bin', 'vite.js')
    // A test runner says NODE_ENV=test to its children, and the app would be built as for development.
    const env = { ...process.env, NODE_ENV: 'production' }
    await runTool(modernNode(), [vite, 'build', '--outDir', next, '--emptyOutDir', '--logLevel', 'error'], env)
    writeFileSync(`${next}/build-stamp.txt`, hash)
    rmSync(previous, { recursive: true, force: true })
    if (existsSync(inProject('dist'))) renameSync(inProject('dist'), previous)
    renameSync(next, inProject('dist'))
    rmSync(previous, { recursive: true, force: true })
  })
}

function isBuilt() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sourcesHash()
}

function sourcesHash() {
  const hash = createHash('sha256')
  for (const source of sources) addToHash(hash, source)
  return hash.digest('hex')
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} name relative to the project
 */
function addToHash(hash, name) {
  const full = inProject(name)
  if (!existsSync(full)) return
  if (statSync(full).isDirectory()) {
    for (const entry of readdirSync(full).sort()) addToHash(hash, `${name}/${entry}`)
  } else if (!name.endsWith('.md')) {
    hash.update(`${name}\0`).update(readFileSync(full)).update('\0')
  }
}
