import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { inProject, projectFolder } from './launcher/project.js'

/**
 * Files that are or are about to be part of the repository: tracked ones and new ones that nothing ignores.
 * @returns {string[]} paths relative to the project
 */
export function committedFiles() {
  const options = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const list = execFileSync('git', options, { cwd: projectFolder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return list.split('\0').filter((name) => name !== '' && existsSync(inProject(name)))
}
