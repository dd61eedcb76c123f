import { spawn } from 'node:child_process'
import { projectFolder } from './project.js'

/**
 * Runs a program to its end with everything it prints on stderr and no stdin.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<void>} rejects when the program fails
 */
export function runTool(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectFolder, env, stdio: ['ignore', 2, 2] })
    const stop = () => child.kill('SIGTERM')
    for (const signal of stopSignals) process.once(signal, stop)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const name of stopSignals) process.removeListener(name, stop)
      if (code === 0) resolve()
      else reject(new Error(`${[command, ...args].join(' ')} failed (${signal ?? `exit code ${code}`})`))
    })
  })
}

/** @type {NodeJS.Signals[]} */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP']
