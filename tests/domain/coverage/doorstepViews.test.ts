import { expect, test } from 'vitest'
import { doorHistory } from '../../../src/domain/coverage/doorHistory.ts'
import { handedStairwells } from '../../../src/domain/coverage/handedStairwells.ts'
import { retryTonight } from '../../../src/domain/coverage/retryTonight.ts'
import { endOfEvening } from '../../../src/domain/service/endOfEvening.ts'
import { coarseTime } from '../../../src/domain/times.ts'
import { EIGHT } from '../../factories/facts.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

test('a door’s history counts outcomes, and tells a time only where nobody answered, and only as a band', () => {
  const marks = {
    a: { outcome: 'notHome' as const, at: coarseTime(EIGHT - DAY) },
    b: { outcome: 'met' as const, at: EIGHT - 2 * DAY },
    c: { outcome: 'notHome' as const, at: EIGHT - 3 * DAY, voided: true },
    d: { quizzed: true },
  }
  const history = doorHistory(marks, { e: { outcome: 'notHome', at: 1 } }, EIGHT)
  expect(history).toEqual({
    thisRound: [
      { outcome: 'met', times: 1 },
      { outcome: 'notHome', times: 1 },
    ],
    lastRound: [{ outcome: 'notHome', times: 1 }],
    isTonight: false,
    emptyAtHour: 19,
  })
  expect(doorHistory(undefined, undefined, EIGHT)).toMatchObject({ thisRound: [], emptyAtHour: null, isTonight: false })
})

test('what was knocked at today is 今晚, without an hour', () => {
  const history = doorHistory({ a: { outcome: 'notHome', at: coarseTime(EIGHT) } }, undefined, EIGHT)
  expect(history).toMatchObject({ isTonight: true, emptyAtHour: null })
})

const grant = (teamId: string, memberIds: string[], from: number, until: number | null) => {
  return { teamId, memberIds, from, until, leaseUntil: null }
}
const assignment = (stairwellId: string, ...grants: ReturnType<typeof grant>[]) => {
  return { id: `assignment-${stairwellId}`, stairwellId, roundId: 'round', grants, revision: 1 }
}

test('handed are the stairwells that my team holds now, mine first; a grant that ended is over', () => {
  const rows = [
    assignment('team’s', grant('one', [], 0, null)),
    assignment('mine', grant('one', ['me', 'mate'], 0, null)),
    assignment('taken back', grant('one', ['me'], 0, 5)),
    assignment('handed on', grant('one', ['me'], 0, 5), grant('two', [], 5, null)),
    assignment('not yet', grant('one', ['me'], 50, null)),
  ]
  expect(handedStairwells(rows, 'me', 'one', 10).map(({ stairwellId, isMine }) => [stairwellId, isMine])).toEqual([
    ['mine', true],
    ['team’s', false],
  ])
  expect(handedStairwells(rows, 'me', 'one', 10)[0]?.otherIds).toEqual(['mate'])
  expect(handedStairwells(rows, 'me', null, 10)).toEqual([])
})

test('回头再敲 holds doors at which nobody answered at all tonight', () => {
  const mark = (doorId: string, outcome: 'notHome' | 'met', more = {}) => ({ stairwellId: 's', doorId, outcome, ...more })
  const visits = {
    a: mark('301', 'notHome'),
    b: mark('302', 'notHome'),
    c: mark('302', 'met'),
    d: mark('201', 'notHome', { voided: true }),
    e: { stairwellId: 's', doorId: '202', quizzed: true },
  }
  const tally = { id: 'session', sessionId: 'session', memberId: 'me', visits }
  expect(retryTonight(tally)).toEqual([{ stairwellId: 's', doorId: '301' }])
  expect(retryTonight(undefined)).toEqual([])
})

test.each([
  ['submitted on the way down: now', EIGHT, EIGHT + 40 * MINUTE, EIGHT + 60 * MINUTE, EIGHT + 60 * MINUTE],
  ['submitted at home: the last knock', EIGHT, EIGHT + 40 * MINUTE, EIGHT + 90 * MINUTE, EIGHT + 40 * MINUTE],
  ['forgotten, and nothing known of it: no time at all', EIGHT, null, EIGHT + DAY, EIGHT],
  ['begun a moment ago on another phone: now', EIGHT, null, EIGHT + MINUTE, EIGHT + MINUTE],
])('an evening %s', (_story, startedAt, lastDeedAt, now, end) => {
  expect(endOfEvening(startedAt, lastDeedAt, now)).toBe(end)
})
