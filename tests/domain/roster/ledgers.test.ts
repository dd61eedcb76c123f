import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRoster } from '../../../src/domain/roster/readRoster.ts'
import { readLedger } from '../../../sync-server/operator/readLedger.ts'
import { describeReading } from '../../factories/ledgers/describeReading.ts'

const folder = new URL('../../fixtures/roster/ledgers/', import.meta.url)
const ledgers = readdirSync(folder).filter((name) => name.endsWith('.csv'))

describe('whole ledgers of many makes', () => {
  it('has at least thirty of them', () => expect(ledgers.length).toBeGreaterThanOrEqual(30))

  it.each(ledgers)('%s gives exactly the doors, questions and skips written beside it', async (name) => {
    const reading = readRoster(await readLedger(readFileSync(new URL(name, folder)), name))
    const expected = readFileSync(new URL(name.replace('.csv', '.txt'), folder), 'utf8')
    expect(describeReading(reading)).toBe(expected.trimEnd())
  })
})
