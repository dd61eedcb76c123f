import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyToFacade, emptyFacade, type FacadeEvent } from '../../../src/domain/coverage/facade.ts'
import { SHARED_OUTCOMES } from '../../../src/domain/outcome.ts'
import type { SessionTally } from '../../../src/domain/records/sessionTally.ts'
import { summarise } from '../../../src/domain/service/summarise.ts'
import { applyToTally } from '../../../src/domain/service/tally.ts'
import { anId } from '../../factories/facts.ts'

const place = { stairwellId: anId('stairwell'), roundId: anId('round'), sessionId: anId('session'), recordedBy: anId('member') }
const doors = ['101', '102', '201'].map(anId)

/** Events of a few visits: knocked, perhaps voided, perhaps quizzed, each told more than once. */
const events = fc
  .array(
    fc.record({
      door: fc.nat(2),
      outcome: fc.constantFrom(...SHARED_OUTCOMES),
      at: fc.nat(1_000_000),
      voided: fc.boolean(),
      quizzed: fc.boolean(),
    }),
    { maxLength: 8 },
  )
  .map((visits) =>
    visits.flatMap(({ door, outcome, at, voided, quizzed }, index): FacadeEvent[] => {
      const id = anId(`visit ${index}`)
      const about = { ...place, doorId: doors[door]! }
      const visit = { id, ...about, level: 1, label: '101', outcome, visitedAt: at }
      const seen: FacadeEvent[] = [{ kind: 'visit', before: null, after: visit }]
      if (voided) seen.push({ kind: 'visitVoid', before: null, after: { id: anId(`void ${index}`), visitId: id, ...about, voidedAt: at } })
      if (quizzed) seen.push({ kind: 'quizTaken', before: null, after: { id: anId(`quiz ${index}`), visitId: id, ...about } })
      return seen
    }),
  )

const draw = (list: readonly FacadeEvent[]) => {
  const facade = emptyFacade(place.stairwellId, place.roundId)
  for (const event of list) applyToFacade(facade, event)
  return facade
}
const emptyTally = (): SessionTally => ({ id: place.sessionId, sessionId: place.sessionId, memberId: place.recordedBy, visits: {} })
const count = (list: readonly FacadeEvent[]) => list.reduce((tally, event) => applyToTally(tally, event), emptyTally())

test('a façade and a tally are the same in whatever order and however often the events arrive', () => {
  fc.assert(
    fc.property(events, fc.infiniteStream(fc.nat()), (list, order) => {
      const shuffled = [...list, ...list]
        .map((event) => ({ event, key: order.next().value as number }))
        .sort((left, right) => left.key - right.key)
        .map(({ event }) => event)
      expect(draw(shuffled)).toEqual(draw(list))
      expect(count(shuffled)).toEqual(count(list))
    }),
  )
})

test('taking every event back leaves an empty façade and an empty tally', () => {
  fc.assert(
    fc.property(events, (list) => {
      const back = list.map((event) => ({ ...event, before: event.after, after: null }) as FacadeEvent)
      expect(draw([...list, ...back]).doors).toEqual({})
      expect(count([...list, ...back]).visits).toEqual({})
    }),
  )
})

test('an evening is counted in doors: the best contact of each, voided visits apart', () => {
  const about = (door: number) => ({ ...place, doorId: doors[door] ?? anId(`door ${door}`) })
  const knock = (id: string, door: number, outcome: (typeof SHARED_OUTCOMES)[number], at: number): FacadeEvent => {
    return { kind: 'visit', before: null, after: { id: anId(id), ...about(door), level: 1, label: '101', outcome, visitedAt: at } }
  }
  const tally = count([
    knock('a', 0, 'notHome', 1),
    knock('b', 0, 'met', 2),
    knock('c', 1, 'met', 3),
    { kind: 'visitVoid', before: null, after: { id: anId('void c'), visitId: anId('c'), ...about(1), voidedAt: 4 } },
    knock('d', 1, 'notHome', 5),
    knock('e', 2, 'brief', 6),
    knock('f', 3, 'doNotKnock', 7),
    knock('g', 4, 'vacant', 8),
    knock('h', 5, 'notFound', 9),
    { kind: 'quizTaken', before: null, after: { id: anId('quiz b'), visitId: anId('b'), ...about(0) } },
  ])
  const summary = summarise(tally)
  expect(summary).toEqual({
    stairwellIds: [place.stairwellId],
    doors: 6,
    met: 1,
    brief: 1,
    again: 0,
    notHome: 1,
    refused: 0,
    doNotKnock: 1,
    nobody: 2,
    quizzed: 1,
  })
  const { met, brief, again, notHome, refused, doNotKnock, nobody } = summary
  expect(met + brief + again + notHome + refused + doNotKnock + nobody).toBe(summary.doors)
})

test('a tally finds a visit at the visit’s own door, in whatever order an undo or a quiz under its former id arrives', () => {
  const about = { ...place, doorId: anId('door as the server knows it') }
  const former = { ...place, doorId: anId('door as the phone knew it') }
  const id = anId('visit')
  const visit = { id, ...about, level: 1, label: '101', outcome: 'met' as const, visitedAt: 5 }
  const list: FacadeEvent[] = [
    { kind: 'visit', before: null, after: visit },
    { kind: 'visitVoid', before: null, after: { id: anId('void'), visitId: id, ...former, voidedAt: 5 } },
    { kind: 'quizTaken', before: null, after: { id: anId('quiz'), visitId: id, ...former } },
  ]
  const mark = { stairwellId: about.stairwellId, doorId: about.doorId, outcome: 'met', voided: true, quizzed: true }
  for (const order of [list, list.toReversed(), [...list, ...list]]) expect(count(order).visits).toEqual({ [id]: mark })
})
