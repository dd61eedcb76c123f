import { describe, expect, test } from 'vitest'
import { mintId } from '../../src/domain/hash.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import type { Answer } from '../../src/protocol/sync.ts'
import { Oracle } from './Oracle.ts'
import type { Rows } from './Rows.ts'

const applied = (id: string, clock: number): Answer => ({ id, result: 'applied', clock })

function rowsOf(ids: readonly string[]): Rows {
  const visits = ids.map((id): Visit => {
    const where = { stairwellId: 'stairwell', roundId: 'round', doorId: 'door', level: 1, label: '101' }
    const how = { outcome: 'met', sessionId: null, recordedBy: 'member', visitedAt: 1 } as const
    return { id: mintId(id, '0'), ...where, ...how } as Visit
  })
  const marks = Object.fromEntries(visits.map(({ id }) => [id, { outcome: 'met' as const, at: 1 }]))
  return {
    commands: ids.map((id, at) => ({ id, verb: 'visit/record', answer: applied(id, at + 1) })),
    visits,
    clocks: visits.map(({ id }, at) => [id, at + 1]),
    facades: [['stairwell.round', { stairwellId: 'stairwell', roundId: 'round', doors: { door: marks } }]],
    tallies: [],
  }
}

function told(ids: readonly string[]): Oracle {
  const oracle = new Oracle()
  for (const id of ids) oracle.keep(id)
  oracle.hear(ids.map((id, at) => applied(id, at + 1)))
  return oracle
}

describe('the oracle', () => {
  const ids = ['one', 'two', 'three']

  test('finds nothing where everything is there once', () => {
    expect(told(ids).findAll(rowsOf(ids))).toMatchObject({ acknowledged: 3, lost: [], doubled: [] })
  })

  test('finds an acknowledged id that is gone, and one that was saved and never arrived', () => {
    const oracle = told(ids)
    oracle.keep('four')
    expect(oracle.findAll(rowsOf(['one', 'three'])).lost).toEqual([
      'two',
      'two, saved and never sent',
      'four, saved and never sent',
    ])
  })

  test('finds an id that is stored twice, and one whose answer has changed', () => {
    const rows = rowsOf(ids)
    rows.commands.push(rows.commands[0]!)
    rows.commands[1] = { ...rows.commands[1]!, answer: applied('two', 9) }
    expect(told(ids).find(rows).doubled.join()).toMatch(/one is stored twice.*two has another answer/)
  })

  test('finds a visit that was written again, one too many, and one that is missing', () => {
    const again = rowsOf(ids)
    again.clocks[0]![1] = 7
    expect(told(ids).find(again).doubled).toEqual(['one: its visit was written again'])
    const more = rowsOf(ids)
    more.visits.push({ ...more.visits[0]!, id: 'another' })
    expect(told(ids).find(more).doubled).toEqual(['4 visits of 3 commands'])
    const fewer = rowsOf(ids)
    fewer.visits.pop()
    expect(told(ids).find(fewer).lost).toEqual(['three: its visit'])
  })

  test('finds an id that was taken in as new twice, but not one that was answered again', () => {
    const oracle = told(ids)
    oracle.hear([{ ...applied('one', 1), again: true }])
    expect(oracle.find(rowsOf(ids)).doubled).toEqual([])
    oracle.hear([applied('one', 1)])
    expect(oracle.find(rowsOf(ids)).doubled).toEqual(['one was taken in as new twice'])
  })

  test('finds a façade and an evening that are not what their visits say', () => {
    const rows = rowsOf(ids)
    rows.facades[0]![1] = { ...rows.facades[0]![1], doors: {} }
    rows.visits[0] = { ...rows.visits[0]!, sessionId: 'evening' }
    const { doubled } = told(ids).findAll(rows)
    expect(doubled).toEqual(['façade stairwell.round is not its visits', 'evening evening is not its visits'])
  })
})
