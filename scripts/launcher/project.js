import { fileURLToPath } from 'node:url'
import path from 'node:path'

/** The project's folder; every verb runs in it, whatever folder it was called from. */
export const projectFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/**
 * An absolute path inside the project.
 * @param {string[]} parts
 */
export function inProject(...parts) {
  return path.join(projectFolder, ...parts)
}
