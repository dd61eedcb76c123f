import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inProject } from './project.js'
import { runTool } from './runTool.js'
import { say } from './say.js'
import { withLock } from './withLock.js'

const stampFile = inProject('node_modules', '.lock-stamp')
const lockFile = inProject('package-lock.json')

/**
 * Makes `node_modules` what the lock file says. The stamp inside it is written last and disappears with the folder, so
 * an installation that was cut short is never taken for a whole one.
 */
export async function ensureInstalled() {
  if (isStamped()) return
  await withLock('install', async () => {
    if (isStamped()) return
    if (!matchesLock()) {
      say('installing what package-lock.json asks for …')
      // Dev and optional packages are asked for by name: an inherited NODE_ENV=production would leave them out, and
      // with them the Node that runs the server and the tools that build the app.
      const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
      await runTool('npm', args, environmentWithoutOwnTools())
    }
    writeFileSync(stampFile, lockHash())
  })
}

function isStamped() {
  return readOrEmpty(stampFile) === lockHash()
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex')
}

/**
 * Whether npm's own record of what lies in `node_modules` already equals the lock file, as after `npm install` of a new
 * package: then nothing is deleted under the feet of other running verbs. npm writes that record last, too.
 */
function matchesLock() {
  const record = readOrEmpty(inProject('node_modules', '.package-lock.json'))
  if (record === '') return false
  const installed = JSON.parse(record).packages
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const isSame = (/** @type {string} */ name) =>
    installed[name]?.version === wanted[name]?.version && installed[name]?.integrity === wanted[name]?.integrity
  // What is missing may only be optional, made for other systems, save the Node that runs everything here.
  const isNeeded = (/** @type {string} */ name) =>
    name !== '' && (!wanted[name].optional || `node_modules/node-${process.platform}-${process.arch}` === name)
  const names = [...Object.keys(installed), ...Object.keys(wanted).filter(isNeeded)]
  return names.every(isSame)
}

/** `npm ci` deletes `node_modules` first, so neither npm nor its scripts may run on a node that lives in there. */
function environmentWithoutOwnTools() {
  const own = inProject('node_modules') + path.sep
  const PATH = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !`${path.resolve(folder)}${path.sep}`.startsWith(own))
    .join(path.delimiter)
  return { ...process.env, PATH }
}

/** @param {string} file */
function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
