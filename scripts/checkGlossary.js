/** Every record and every command has its row in the glossary, and every row of code has its Chinese word. */
import { readFileSync } from 'node:fs'
import { committedFiles } from './committedFiles.js'
import { inProject } from './launcher/project.js'
import { report } from './report.js'
import { missingWords } from './rules/missingWords.js'

const glossary = readFileSync(inProject('src/domain/GLOSSARY.md'), 'utf8')
const isDefinition = (/** @type {string} */ name) => /^src\/domain\/(records|commands)\/[^/]+[.]ts$/.test(name)
const sources = committedFiles()
  .filter(isDefinition)
  .map((name) => ({ name, text: readFileSync(inProject(name), 'utf8') }))

// A check that finds nothing to look at has lost its way.
const faults = sources.length === 0 ? ['no records and no commands were found'] : missingWords(sources, glossary)
report(faults, `${sources.length} files`)
