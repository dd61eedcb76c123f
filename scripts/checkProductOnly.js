/** The repository speaks of the product alone: nobody's machine and no package host is named in it. */
import { readFileSync } from 'node:fs'
import { committedFiles } from './committedFiles.js'
import { inProject } from './launcher/project.js'
import { report } from './report.js'
import { foreignWords } from './rules/foreignWords.js'

const binary = /[.](png|jpe?g|webp|ico|woff2?|xlsx|gz|zip|db)$/
const faults = committedFiles()
  .filter((name) => !binary.test(name))
  .flatMap((name) => foreignWords(name, readFileSync(inProject(name), 'utf8')))

report(faults)
