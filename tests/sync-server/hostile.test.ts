import { beforeAll, describe, expect, test } from 'vitest'
import { fuzzEnvelope, fuzzHandover, fuzzLedgers } from '../hostile/fuzz.ts'
import { HostileGround } from '../hostile/HostileGround.ts'
import { runCase } from '../hostile/runCase.ts'
import { allCases, DATABASES } from '../hostile/runCorpus.ts'

/** One seed for ever; `npm run hostile` takes new ones. */
const SEED = 11

describe.for(DATABASES)('[SYNC-11] bad input at the real server on %s', (database) => {
  let ground: HostileGround
  beforeAll(async () => {
    ground = await HostileGround.open(database)
    return () => ground.close()
  })

  const generators = [fuzzEnvelope, fuzzLedgers, fuzzHandover]
  test.for(generators)('$name: generated input is refused or taken, never half', async (generate) => {
    const { failure } = await generate(ground, { seed: SEED, runs: 40 })
    expect(failure).toBeNull()
  })

  // A refused file meets no database; the command line is started for each of them once.
  const cases = allCases.filter(({ subject }) => subject !== 'files' || database === 'sqlite')
  test.for(cases)('$subject: $name', async (one) => {
    expect((await runCase(ground, one)).why).toBe('')
  })

  test('the server is ready after all of it', async () => {
    expect((await ground.ask({ method: 'GET', path: '/readyz' })).status).toBe(200)
  })
})

describe('the corpus itself', () => {
  test('no two lines have one name', () => {
    const names = allCases.map(({ subject, name }) => `${subject}: ${name}`)
    expect(new Set(names).size).toBe(names.length)
  })
})
