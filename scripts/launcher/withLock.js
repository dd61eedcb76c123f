import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { inProject } from './project.js'
import { say } from './say.js'

const pollMs = 200
const settleMs = 40

/**
 * Runs `work` while no other launcher runs the same kind of work in this folder. The lock file holds the process id of
 * its owner, so that a lock left by a killed process is taken over instead of waited for.
 * @template T
 * @param {string} name of the work, for example `install`
 * @param {() => Promise<T>} work must look again whether there is anything left to do: another process may have done it
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
  const file = inProject('.cache', `${name}.lock`)
  mkdirSync(inProject('.cache'), { recursive: true })
  for (let waited = false; !(await take(file)); waited = true) {
    if (!waited) say(`waiting for another process to finish its ${name} …`)
    await pause(pollMs)
  }
  try {
    return await work()
  } finally {
    if (owner(file) === process.pid) rmSync(file, { force: true })
  }
}

/** @param {string} file */
async function take(file) {
  const holder = owner(file)
  if (holder !== undefined && isAlive(holder)) return false
  if (holder !== undefined) rmSync(file, { force: true })
  try {
    const handle = openSync(file, 'wx')
    writeSync(handle, String(process.pid))
    closeSync(handle)
  } catch {
    return false
  }
  // Two processes may have found the same dead owner, and the slower one may have removed our fresh lock: look again.
  await pause(settleMs)
  return owner(file) === process.pid
}

/**
 * @param {string} file
 * @returns {number | undefined} undefined when nobody holds the lock; 0 while the owner is just writing its id
 */
function owner(file) {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {number} pid */
function isAlive(pid) {
  if (pid === 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
