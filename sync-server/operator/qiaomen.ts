import { parseArgs } from 'node:util'
import { RosterProblem } from '../../src/domain/roster/RosterProblem.ts'
import { rosterProblemWords } from '../../src/messages/roster.ts'
import { BadSetting } from '../settings.ts'
import { StorageTrouble } from '../storage/StorageTrouble.ts'
import { BadBackup } from './backupFile.ts'
import { backupTo } from './backupTo.ts'
import { doctor } from './doctor.ts'
import { exportTo } from './exportTo.ts'
import { foldNow } from './foldNow.ts'
import { BadHandover, importHandover } from './importHandover.ts'
import { importRosterFile } from './importRosterFile.ts'
import { initOfficer } from './initOfficer.ts'
import { lookUpWords } from './lookup.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { pruneNow } from './pruneNow.ts'
import { restoreFrom } from './restoreFrom.ts'
import { verify } from './verify.ts'

interface OperatorVerb {
  /** How it is called; a flag or a word that does not stand here is refused, so that nothing is done half as it was meant. */
  usage: string
  run(words: readonly string[], flags: { dryRun: boolean; journal?: string }): Promise<OperatorAnswer> | OperatorAnswer
}

const VERBS: Record<string, OperatorVerb> = {
  'init-officer': { usage: 'init-officer', run: () => initOfficer(process.env) },
  'import-roster': {
    usage: 'import-roster FILE [--dry-run]',
    run: (words, { dryRun }) => importRosterFile(one(words, 'FILE'), dryRun, process.env),
  },
  'import-handover': {
    usage: 'import-handover FILE [--dry-run]',
    run: (words, { dryRun }) => importHandover(one(words, 'FILE'), dryRun, process.env),
  },
  lookup: {
    usage: 'lookup WORD…',
    run: (words) => {
      if (words.length === 0) throw new UsageError('lookup needs at least one WORD')
      const found = lookUpWords(words)
      const lines = found.flatMap((answers, index) => [
        `${words[index]}:`,
        ...answers.map(({ name, category, matchedBy, tip }) => `  ${name}  ${category}  (${matchedBy})  ${tip}`),
      ])
      return { value: found, lines }
    },
  },
  backup: { usage: 'backup DIR', run: (words) => backupTo(one(words, 'DIR'), process.env) },
  restore: {
    usage: 'restore DIR [--journal FILE]',
    run: (words, { journal }) => restoreFrom(one(words, 'DIR'), process.env, journal),
  },
  prune: { usage: 'prune [--dry-run]', run: (_words, { dryRun }) => pruneNow(dryRun, process.env) },
  fold: { usage: 'fold [--dry-run]', run: (_words, { dryRun }) => foldNow(dryRun, process.env) },
  verify: { usage: 'verify', run: () => verify(process.env) },
  export: { usage: 'export DIR', run: (words) => exportTo(one(words, 'DIR'), process.env) },
  doctor: { usage: 'doctor', run: () => doctor(process.env) },
}

class UsageError extends Error {
  override readonly name = 'UsageError'
}

function one(words: readonly string[], what: string): string {
  const [word, ...rest] = words
  if (word === undefined || rest.length > 0) throw new UsageError(`exactly one ${what} is needed`)
  return word
}

const usage = () => [
  'usage: npm run qiaomen -- <verb> [--json]',
  ...Object.values(VERBS).map((verb) => `  ${verb.usage}`),
]

/** Problems that an operator can do something about are one line; anything else is a bug with its trace. */
function isKnownTrouble(error: unknown): error is Error {
  return [RosterProblem, BadSetting, BadBackup, BadHandover, StorageTrouble, UsageError].some(
    (kind) => error instanceof kind,
  )
}

const options = {
  json: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  journal: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

function readArguments() {
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments()
  const [name = '', ...words] = positionals
  if (values.help) return void process.stdout.write(`${usage().join('\n')}\n`)
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (!verb) throw new UsageError(name === '' ? 'a verb is needed' : `there is no verb "${name}"`)
  for (const flag of ['dry-run', 'journal'] as const) {
    if (values[flag] !== undefined && !verb.usage.includes(`--${flag}`))
      throw new UsageError(`${name} has no --${flag}`)
  }
  if (words.length > 0 && !/ [A-Z]/.test(verb.usage.replace('--journal FILE', ''))) {
    throw new UsageError(`${name} takes no "${words[0]}"`)
  }
  const journal = values.journal === undefined ? {} : { journal: values.journal }
  const answer = await verb.run(words, { dryRun: values['dry-run'] === true, ...journal })
  const text = values.json ? JSON.stringify(answer.value) : answer.lines.join('\n')
  process.stdout.write(`${text}\n`)
  if (answer.ok === false) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  if (!isKnownTrouble(error) && (error as { code?: string }).code !== 'ENOENT') throw error
  const said = error instanceof RosterProblem ? rosterProblemWords[error.code] : (error as Error).message
  process.stderr.write(`${said}\n`)
  if (error instanceof UsageError) process.stderr.write(`${usage().join('\n')}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
