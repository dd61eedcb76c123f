import { spawn } from 'node:child_process'
import { modernNode } from './modernNode.js'
import { inProject, projectFolder } from './project.js'

/** @type {NodeJS.Signals[]} */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']

/**
 * Runs a verb's script under Node 24 as if it were this process: same streams, same signals, same exit.
 * @param {string} script relative to the project
 * @param {string[]} args
 * @returns {Promise<void>} settles when the script has ended and this process' exit code is set
 */
export function handOver(script, args) {
  return new Promise((resolve, reject) => {
    const flags = ['--disable-warning=ExperimentalWarning']
    const child = spawn(modernNode(), [...flags, inProject(script), ...args], { cwd: projectFolder, stdio: 'inherit' })
    const pass = (/** @type {NodeJS.Signals} */ signal) => {
      // A terminal sends Ctrl-C to the whole process group; a second copy would look like an impatient second Ctrl-C.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    for (const signal of passedOn) process.on(signal, pass)
    const watch = stopWhenOrphaned(child)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      clearInterval(watch)
      for (const name of passedOn) process.removeListener(name, pass)
      if (signal) process.kill(process.pid, signal)
      else process.exitCode = code ?? 1
      resolve()
    })
  })
}

/**
 * npm that was killed outright cannot pass anything on: without this a server would go on holding its port and its data
 * folder with nobody to stop it. Only under npm: somebody who starts this script by hand may well leave it running.
 * @param {import('node:child_process').ChildProcess} child
 */
function stopWhenOrphaned(child) {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const parent = process.ppid
  return setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }, 250)
}
