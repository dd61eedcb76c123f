import { describe, expect, it } from 'vitest'
import type { Round } from '../../../src/domain/records/round.ts'
import { anId, decide, EIGHT } from '../../factories/facts.ts'
import { put } from '../../../src/domain/put.ts'

const base = { number: 1, name: '首轮', startsOn: '2026-11-01' }
const roundId = anId('round')

/** The round as it stands after a save. */
function saved(before: Round | null, state: Round['state'], at = EIGHT): Round {
  const args = { ...base, roundId, baseRevision: before?.revision ?? 0, state }
  const decision = decide('round/save', args, before ? [put('round', before)] : [], { at })
  if (!decision.accepted) throw new Error(decision.code)
  return decision.changes[0]!.body as Round
}

describe('[SYNC-12] a round notes when it ended', () => {
  it('from its closing on, whatever is changed of it afterwards', () => {
    const open = saved(null, 'open')
    expect(open).not.toHaveProperty('closedAt')
    const closed = saved(open, 'closed', EIGHT + 1)
    expect(closed).toMatchObject({ state: 'closed', closedAt: EIGHT + 1, revision: 2 })
    expect(saved(closed, 'closed', EIGHT + 2)).toMatchObject({ closedAt: EIGHT + 1, revision: 3 })
  })

  it('anew when it was opened in between', () => {
    const closed = saved(saved(null, 'open'), 'closed')
    const again = saved(closed, 'open', EIGHT + 1)
    expect(again).not.toHaveProperty('closedAt')
    expect(saved(again, 'closed', EIGHT + 2)).toMatchObject({ closedAt: EIGHT + 2 })
  })

  it('never afterwards, where it was closed before closings were noted', () => {
    const { closedAt: _closedAt, ...old } = saved(saved(null, 'open'), 'closed')
    expect(saved(old, 'closed', EIGHT + 5)).not.toHaveProperty('closedAt')
  })
})
