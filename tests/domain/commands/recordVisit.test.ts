import { describe, expect, test } from 'vitest'
import { put } from '../../../src/domain/put.ts'
import { doorState } from '../../../src/domain/coverage/doorState.ts'
import {
  applyToFacade,
  emptyFacade,
  isFacadeKind,
  type Facade,
  type FacadeEvent,
} from '../../../src/domain/coverage/facade.ts'
import { viewFacade } from '../../../src/domain/coverage/facadeView.ts'
import { OUTCOMES, type Outcome } from '../../../src/domain/outcome.ts'
import type { Change } from '../../../src/domain/record.ts'
import { mintDoorId } from '../../../src/domain/records/stairwell.ts'
import { localClock } from '../../../src/domain/times.ts'
import { after, aRound, aStairwell, bodyOf, decide, EIGHT, anActor, anId } from '../../factories/facts.ts'

const stairwellId = anId('stairwell')
const roundId = anId('round')
const house = [aStairwell(), aRound()]
const MINUTE = 60_000

const args = (label: string, outcome: Outcome, level = Number(label.slice(0, 1))) => {
  return { stairwellId, roundId, level, label, outcome, sessionId: null }
}

/** Knocks at one door again and again, a minute apart, and says what its window shows. */
function windowAfter(outcomes: readonly Outcome[], now = EIGHT + outcomes.length * MINUTE): string {
  let rows: Change[] = house
  for (const [index, outcome] of outcomes.entries()) {
    const how = { at: EIGHT + index * MINUTE, id: `visit ${index}` }
    rows = after(rows, decide('visit/record', args('201', outcome), rows, how))
  }
  const view = viewFacade(bodyOf(rows, 'stairwell')[0]!, draw(rows), bodyOf(rows, 'doNotKnock'), now)
  return view.floors.flatMap((floor) => floor.windows).find((window) => window.label === '201')!.state
}

function draw(rows: readonly Change[]): Facade {
  const facade = emptyFacade(stairwellId, roundId)
  for (const row of rows) {
    if (isFacadeKind(row.kind)) applyToFacade(facade, { kind: row.kind, before: null, after: row.body } as FacadeEvent)
  }
  return facade
}

describe('visit/record', () => {
  test.each([
    [['met'], 'met'],
    [['brief'], 'brief'],
    [['minorOnly'], 'again'],
    [['postponed'], 'again'],
    [['notHome'], 'notHome'],
    [['refused'], 'refused'],
    [['doNotKnock'], 'doNotKnock'],
    [['vacant'], 'vacant'],
    [['notAHome'], 'notAHome'],
    [['notFound'], 'notFound'],
    [['met', 'notHome'], 'met'],
    [['notHome', 'met'], 'met'],
    [['brief', 'met'], 'met'],
    [['met', 'refused'], 'met'],
    [['refused', 'notHome'], 'refused'],
    [['postponed', 'refused'], 'refused'],
    [['postponed', 'notHome'], 'again'],
    [['notHome', 'vacant'], 'vacant'],
    [['vacant', 'notHome'], 'vacant'],
    [['notFound', 'brief'], 'brief'],
    [['vacant', 'met'], 'met'],
    [['met', 'doNotKnock'], 'doNotKnock'],
    [['doNotKnock', 'met'], 'doNotKnock'],
  ] as const)('%j shows %s: precedence, not last-wins', (outcomes, state) => {
    expect(windowAfter(outcomes)).toBe(state)
  })

  test('a door lit on Monday that asks for peace on Friday is not knocked again, until the wish runs out', () => {
    const year = 366 * 24 * 60 * MINUTE
    expect(windowAfter(['met', 'doNotKnock'])).toBe('doNotKnock')
    expect(windowAfter(['met', 'doNotKnock'], EIGHT + year)).toBe('met')
    expect(windowAfter(['doNotKnock'], EIGHT + year)).toBe('refused')
  })

  test('“minor only” is in no record at all: what is written is what “come again” writes', () => {
    const decision = decide('visit/record', args('201', 'minorOnly'), house)
    const changes = decision.accepted ? decision.changes : []
    const again = decide('visit/record', args('201', 'postponed'), house)
    expect(changes).toEqual(again.accepted ? again.changes : [])
  })

  test('the hour at which nobody answered is kept as a coarse band, the hour of a talk is kept', () => {
    const at = EIGHT + 17 * MINUTE
    const visitedAt = (outcome: Outcome) => {
      const decision = decide('visit/record', args('201', outcome), house, { at })
      return localClock(bodyOf(decision.accepted ? [...decision.changes] : [], 'visit')[0]!.visitedAt)
    }
    expect(visitedAt('notHome')).toBe('19:00')
    expect(visitedAt('met')).toBe('20:17')
  })

  test('[SYNC-5] an unknown door in a known stairwell is made 待核实, in its column, once', () => {
    const first = after(house, decide('visit/record', args('301', 'met', 3), house, { id: 'one' }))
    const second = after(first, decide('visit/record', args('３０１室', 'notHome', 3), first, { id: 'two' }))
    const doors = bodyOf(second, 'stairwell')[0]!.doors.filter((door) => door.level === 3)
    expect(doors).toEqual([
      { id: mintDoorId(stairwellId, '301'), label: '301', level: 3, kind: 'home', column: 0, state: 'toConfirm' },
    ])
    expect(new Set(bodyOf(second, 'visit').map((visit) => visit.doorId)).size).toBe(1)
  })

  test('a renamed door keeps its visits: the door is named by its id', () => {
    const doorId = bodyOf(house, 'stairwell')[0]!.doors[0]!.id
    const renamed = after(house, decide('door/rename', { stairwellId, doorId, label: '101A' }, house))
    const decision = decide('visit/record', { ...args('101', 'met'), doorId }, renamed)
    expect(decision.accepted && bodyOf([...decision.changes], 'visit')[0]).toMatchObject({ doorId, label: '101A' })
  })

  test('a stairwell nowhere is refused, one that this phone does not hold is not', () => {
    expect(decide('visit/record', args('101', 'met'), [])).toEqual({ accepted: false, code: 'not_found' })
    expect(decide('visit/record', args('101', 'met'), [], { missing: 'unknownHere' }).accepted).toBe(true)
  })

  test('every outcome makes exactly one visit', () => {
    for (const outcome of OUTCOMES) {
      const decision = decide('visit/record', args('101', outcome), house)
      expect(decision.accepted && decision.changes.filter((change) => change.kind === 'visit')).toHaveLength(1)
    }
  })
})

describe('visit/void and quiz/record', () => {
  const visited = after(house, decide('visit/record', args('201', 'met'), house))
  const visit = bodyOf(visited, 'visit')[0]!
  const undo = { visitId: visit.id, stairwellId, doorId: visit.doorId }
  const quiz = (questionId: string) => ({
    visitId: visit.id,
    stairwellId,
    ruleSetId: 'gz2023',
    answers: [{ questionId, chosen: 'residual' as const, correct: true }],
  })

  test('an undo leaves the visit and makes the window dark again; undoing twice is undoing once', () => {
    const once = after(visited, decide('visit/void', undo, visited))
    const twice = after(once, decide('visit/void', undo, once, { id: 'again' }))
    expect(bodyOf(twice, 'visit')).toHaveLength(1)
    expect(bodyOf(twice, 'visitVoid')).toHaveLength(1)
    expect(doorState(draw(twice).doors[visit.doorId], false)).toBe('untouched')
  })

  test('an undo goes where its visit went, whatever the phone called that door', () => {
    const named = { ...undo, doorId: anId('what the phone called it') }
    const undone = after(visited, decide('visit/void', named, visited))
    expect(bodyOf(undone, 'visitVoid')).toMatchObject([{ visitId: visit.id, doorId: visit.doorId }])
    expect(doorState(draw(undone).doors[visit.doorId], false)).toBe('untouched')
    const elsewhere = { ...undo, stairwellId: anId('another stairwell') }
    expect(decide('visit/void', elsewhere, visited)).toEqual({ accepted: false, code: 'not_found' })
  })

  test('an undo lifts the wish for peace that this visit set, and no other', () => {
    const peaceful = after(house, decide('visit/record', args('201', 'doNotKnock'), house))
    const asked = bodyOf(peaceful, 'visit')[0]!
    const lifted = after(peaceful, decide('visit/void', { ...undo, visitId: asked.id }, peaceful))
    const [wish] = bodyOf(lifted, 'doNotKnock')
    expect(wish!.until).toBe(wish!.since)
    const later = after(peaceful, decide('visit/record', args('201', 'notHome'), peaceful, { id: 'later' }))
    const other = bodyOf(later, 'visit').find((entry) => entry.outcome === 'notHome')!
    const kept = after(later, decide('visit/void', { ...undo, visitId: other.id }, later))
    expect(bodyOf(kept, 'doNotKnock')[0]!.until).toBeGreaterThan(EIGHT)
  })

  test('a wish that held before stays when a second one is undone, and a later word of the office stays too', () => {
    const asked = after(house, decide('visit/record', args('201', 'doNotKnock'), house, { id: 'first' }))
    const [first] = bodyOf(asked, 'visit')
    const twice = after(
      asked,
      decide('visit/record', args('201', 'doNotKnock'), asked, { id: 'second', at: EIGHT + 5 }),
    )
    const second = bodyOf(twice, 'visit').find((entry) => entry.id !== first!.id)!
    const undone = after(twice, decide('visit/void', { ...undo, visitId: second.id }, twice))
    expect(bodyOf(undone, 'doNotKnock')[0]!.until).toBeGreaterThan(EIGHT + MINUTE)
    const office = { stairwellId, doorId: first!.doorId, holds: false }
    const lifted = after(asked, decide('door/do-not-knock', office, asked, { at: EIGHT + MINUTE }))
    const late = after(lifted, decide('visit/record', args('201', 'doNotKnock'), lifted, { id: 'late', at: EIGHT + 9 }))
    expect(bodyOf(late, 'doNotKnock')[0]!.visitId).toBeNull()
  })

  test('a visit counts for one’s own evening or for none', () => {
    const evening = (name: string) =>
      put('session', {
        id: anId('evening'),
        memberId: anId(name),
        partnerIds: [],
        roundId,
        startedAt: EIGHT,
        endedAt: null,
      })
    const sessionOf = (rows: Change[]) => {
      const visitArgs = { ...args('201', 'met'), sessionId: anId('evening') }
      const decision = decide('visit/record', visitArgs, rows)
      return decision.accepted ? bodyOf([...decision.changes], 'visit')[0]!.sessionId : 'refused'
    }
    expect(sessionOf([...house, evening('member')])).toBe(anId('evening'))
    expect(sessionOf([...house, evening('somebody else')])).toBeNull()
    expect(sessionOf(house)).toBeNull()
  })

  test('nobody undoes another person’s visit', () => {
    const stranger = anActor('member', 'somebody else')
    expect(decide('visit/void', undo, visited, { actor: stranger })).toEqual({ accepted: false, code: 'not_yours' })
  })

  test('a quiz lights the window fully; no answer can be led back to the door or the hour', () => {
    const asked = after(visited, decide('quiz/record', quiz('i002'), visited, { id: 'quiz' }))
    expect(doorState(draw(asked).doors[visit.doorId], false)).toBe('quizzed')
    const [answer] = bodyOf(asked, 'quizAnswer')
    expect(JSON.stringify(answer)).not.toContain(visit.doorId)
    expect(JSON.stringify(answer)).not.toContain(visit.id)
    expect(answer!.answeredOn).toBe('2026-11-21')
  })

  test('two questions are two answers and one quiz, and an undo takes both answers away', () => {
    const one = after(visited, decide('quiz/record', quiz('i002'), visited, { id: 'quiz 1' }))
    const two = after(one, decide('quiz/record', quiz('i003'), one, { id: 'quiz 2' }))
    expect(bodyOf(two, 'quizTaken')).toHaveLength(1)
    expect(bodyOf(two, 'quizAnswer')).toHaveLength(2)
    const undone = after(two, decide('visit/void', undo, two))
    expect(bodyOf(undone, 'quizAnswer')).toHaveLength(0)
    expect(doorState(draw(undone).doors[visit.doorId], false)).toBe('untouched')
  })
})
