/**
 * `npm run hostile -- [--json] [--only WORD] [--seed N] [--path P] [--runs N] [--planted]`: all bad input, put to the
 * real server on SQLite and on PostgreSQL. The last line is "N passed, N failed".
 */
import { parseArgs } from 'node:util'
import { DATABASES, runCorpus, runPlanted, type Told } from './runCorpus.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seed: { type: 'string' },
    path: { type: 'string' },
    runs: { type: 'string', default: '300' },
    planted: { type: 'boolean', default: false },
  },
})

const startedAt = performance.now()
const results: Told[] = []
const tell = (told: Told) => {
  results.push(told)
  if (!values.json && (!told.ok || told.figures !== '')) {
    const line = `${told.ok ? 'ok  ' : 'FAIL'} ${told.database} ${told.subject}: ${told.name}`
    console.log([line, told.figures, told.why].filter((text) => text !== '').join('\n     '))
  }
}

if (values.planted) await runPlanted(tell)
else {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
  const how = { seed, runs: Number(values.runs), path: values.path }
  for (const database of DATABASES) await runCorpus(database, how, values.only, tell)
}

const failed = results.filter(({ ok }) => !ok).length
if (values.json) console.log(JSON.stringify(results, null, 1))
else {
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`${seconds} s`)
  console.log(`${results.length - failed} passed, ${failed} failed`)
}
process.exit(failed === 0 && results.length > 0 ? 0 : 1)
