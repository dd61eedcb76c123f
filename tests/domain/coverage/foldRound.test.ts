import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countFolded, foldInto, lastFoldedAt, mayFold, noEvents } from '../../../src/domain/coverage/foldRound.ts'
import type { RoundEvents } from '../../../src/domain/coverage/foldRound.ts'
import { viewFacade } from '../../../src/domain/coverage/facadeView.ts'
import { applyToFacade, emptyFacade } from '../../../src/domain/coverage/facade.ts'
import { check } from '../../../src/domain/fields.ts'
import { mintId } from '../../../src/domain/hash.ts'
import { SHARED_OUTCOMES, type SharedOutcome } from '../../../src/domain/outcome.ts'
import { folded as foldedKind, type Folded } from '../../../src/domain/records/folded.ts'
import type { Round } from '../../../src/domain/records/round.ts'
import type { Door, Stairwell } from '../../../src/domain/records/stairwell.ts'
import type { Visit } from '../../../src/domain/records/visit.ts'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-11-20T20:00:00+08:00')
const ids = (what: string) => mintId('test', what)
const place = { stairwellId: ids('stairwell'), roundId: ids('round') }

interface Knock {
  door: number
  outcome: SharedOutcome
  member: number
  daysAgo: number
  voided: boolean
  answers: boolean[]
}

/** All that came of one knock. */
function eventsOf(knock: Knock, name: string): RoundEvents {
  const visitId = ids(`visit ${name}`)
  const about = { ...place, doorId: ids(`door ${knock.door}`), sessionId: null, recordedBy: ids(`member ${knock.member}`) }
  const visitedAt = NOW - knock.daysAgo * DAY_MS
  const visit: Visit = { id: visitId, ...about, level: 1, label: '101', outcome: knock.outcome, visitedAt }
  const isQuizzed = knock.answers.length > 0
  return {
    visit: [visit],
    visitVoid: knock.voided ? [{ id: ids(`void ${name}`), visitId, ...about, voidedAt: visitedAt }] : [],
    quizTaken: isQuizzed ? [{ id: ids(`taken ${name}`), visitId, ...about }] : [],
    // An undo takes the answers of its visit with it.
    quizAnswer: knock.voided
      ? []
      : knock.answers.map((correct, index) => ({
          id: ids(`answer ${name} ${index}`),
          ...place,
          questionId: `q${index}`,
          ruleSetId: 'gz2023',
          chosen: 'kitchen' as const,
          correct,
          answeredOn: '2026-08-01',
        })),
    noEntry: [],
  }
}

function together(parts: readonly RoundEvents[]): RoundEvents {
  const all = noEvents()
  for (const part of parts) {
    for (const kind of Object.keys(all) as (keyof RoundEvents)[]) all[kind].push(...(part[kind] as never[]))
  }
  return all
}

const knocks = fc.array(
  fc.record({
    door: fc.nat(3),
    outcome: fc.constantFrom(...SHARED_OUTCOMES),
    member: fc.nat(2),
    daysAgo: fc.nat(200),
    voided: fc.boolean(),
    answers: fc.array(fc.boolean(), { maxLength: 3 }),
  }),
  { maxLength: 12 },
)
const fold = (before: Folded | null, events: RoundEvents) => foldInto(before, place, events, NOW)

describe('[SYNC-12] folding a round', () => {
  it('counts the same at once and piece by piece, in any order', () => {
    fc.assert(
      fc.property(knocks, fc.array(fc.nat(3), { minLength: 12, maxLength: 12 }), (all, parts) => {
        const events = all.map((knock, index) => eventsOf(knock, String(index)))
        const once = fold(null, together(events))
        const pieces = [3, 1, 0, 2].map((part) => together(events.filter((_, index) => parts[index] === part)))
        const slowly = pieces.reduce<Folded | null>((before, piece) => fold(before, piece), null)
        expect({ ...slowly, folds: 1 }).toEqual(once)
        expect(JSON.stringify({ ...slowly, folds: 1 })).toBe(JSON.stringify(once))
        expect(check(foldedKind.schema, once)).toMatchObject({ ok: true })
      }),
    )
  })

  it('counts every visit once: for one member, or as taken back', () => {
    fc.assert(
      fc.property(knocks, (all) => {
        const counted = fold(null, together(all.map((knock, index) => eventsOf(knock, String(index)))))
        expect(counted.visits + counted.voided).toBe(all.length)
        expect(counted.voided).toBe(all.filter((knock) => knock.voided).length)
        const byMember = Object.values(counted.members).reduce((sum, member) => sum + member.visits, 0)
        expect(byMember).toBe(counted.visits)
        const asked = all.filter((knock) => !knock.voided).reduce((sum, knock) => sum + knock.answers.length, 0)
        expect(Object.values(counted.items).reduce((sum, item) => sum + item.asked, 0)).toBe(asked)
      }),
    )
  })

  it('keeps the last day and how far it got, and nothing of a single visit', () => {
    const base = { door: 0, member: 0, voided: false, answers: [] }
    const events = [
      eventsOf({ ...base, outcome: 'met', daysAgo: 100 }, 'a'),
      eventsOf({ ...base, outcome: 'refused', daysAgo: 95 }, 'b'),
      eventsOf({ ...base, door: 1, outcome: 'vacant', daysAgo: 95, member: 1 }, 'c'),
    ]
    const counted = fold(null, together(events))
    expect(counted.doors).toEqual({
      [ids('door 0')]: { on: '2026-08-17', reach: 'met' },
      [ids('door 1')]: { on: '2026-08-17', reach: 'none' },
    })
    expect(JSON.stringify(counted)).not.toContain(ids('visit a'))
    expect(JSON.stringify(counted)).not.toContain('refused')
    expect(lastFoldedAt(counted)).toBe(Date.parse('2026-08-17T00:00:00+08:00'))
  })
})

describe('[SYNC-12] when a round may be folded', () => {
  const closed: Round = {
    id: place.roundId,
    number: 1,
    name: '首轮',
    startsOn: '2026-06-01',
    state: 'closed',
    closedAt: NOW - 90 * DAY_MS,
    revision: 2,
  }
  const knocked = (daysAgo: number) =>
    eventsOf({ door: 0, outcome: 'met', member: 0, daysAgo, voided: false, answers: [] }, 'a')
  const { closedAt: _closedAt, ...withoutEnd } = closed
  const closedBefore: Round = withoutEnd
  const opened: Round = { ...closed, state: 'open' }
  const yesterday: Round = { ...closed, closedAt: NOW - 89 * DAY_MS }

  it.each([
    { story: 'ninety days after its end', round: closed, daysAgo: 120, may: true },
    { story: 'a day earlier', round: yesterday, daysAgo: 120, may: false },
    { story: 'while it is open', round: opened, daysAgo: 120, may: false },
    { story: 'with a visit that came late', round: closed, daysAgo: 3, may: false },
    { story: 'closed before closings were noted', round: closedBefore, daysAgo: 91, may: true },
    { story: 'closed so, with a visit of last month', round: closedBefore, daysAgo: 30, may: false },
  ])('$story: $may', ({ round, daysAgo, may }) => {
    expect(mayFold(round, null, knocked(daysAgo), 90, NOW)).toBe(may)
  })

  it('what came late has as long again', () => {
    const before = foldInto(null, place, knocked(120), NOW - 10 * DAY_MS)
    expect(mayFold(closed, before, knocked(120), 90, NOW)).toBe(false)
    expect(mayFold(closed, before, knocked(120), 90, NOW + 80 * DAY_MS)).toBe(true)
  })
})

describe('[SYNC-12] the three rates of a folded round', () => {
  const door = (name: string): Door => ({
    id: ids(name),
    label: name.slice(-1).padStart(3, '1'),
    level: 1,
    column: 0,
    kind: 'home',
    state: 'active',
    former: [],
    mergedInto: null,
  }) as unknown as Door
  const layout = {
    id: place.stairwellId,
    estate: '苑',
    building: '1栋',
    stairwell: 'A梯',
    floors: [{ level: 1, label: '1' }],
    doors: ['door 0', 'door 1', 'door 2', 'door 3'].map(door),
    accessNote: '',
    accessNoteRevision: 0,
  } as unknown as Stairwell

  /** `met` is the best that was ever told of a door, so an empty one that somebody once opened stays a home. */
  it('are what was folded together with what has come since, whatever was folded when', () => {
    fc.assert(
      fc.property(knocks, fc.nat(12), (all, cut) => {
        const standing = all.filter((knock) => !knock.voided)
        const events = standing.map((knock, index) => eventsOf(knock, String(index)))
        const whole = fold(null, together(events))
        const expected = countFolded(viewFacade(layout, undefined, [], NOW), whole)
        const past = fold(null, together(events.slice(0, cut)))
        const facade = emptyFacade(place.stairwellId, place.roundId)
        const late = events.slice(cut)
        for (const part of late) {
          applyToFacade(facade, { kind: 'visit', before: null, after: part.visit[0]! })
          if (part.quizTaken[0]) applyToFacade(facade, { kind: 'quizTaken', before: null, after: part.quizTaken[0] })
        }
        const view = viewFacade(layout, facade, [], NOW)
        const counts = countFolded(view, past)
        // Live doors know which came later, vacant or met; folded ones only how far it ever got.
        expect(counts.quizzed).toBeLessThanOrEqual(expected.quizzed)
        const isOrdered = late.every(({ visit: [knock] }) => !['vacant', 'notAHome', 'notFound'].includes(knock!.outcome))
        if (isOrdered) expect(counts).toEqual(expected)
      }),
    )
  })
})
