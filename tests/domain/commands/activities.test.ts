import { describe, expect, test } from 'vitest'
import type { Change } from '../../../src/domain/record.ts'
import { MOST_SIGNED_UP, seatsOf } from '../../../src/domain/records/activity.ts'
import { after, anActor, anId, bodyOf, decide, EIGHT } from '../../factories/facts.ts'

const HOUR = 3_600_000
const activityId = anId('stall')
const officer = anActor('officer', 'officer', null)
const people = Array.from({ length: 5 }, (_, k) => anActor('member', `member ${k}`))
const said = { title: '分类摆摊', place: '大榕树下', startsAt: EIGHT + HOUR, endsAt: EIGHT + 3 * HOUR, seats: 2 }
const save = { activityId, ...said, cancelled: false }
const announced = after([], decide('activity/save', { ...save, baseRevision: 0 }, [], { actor: officer }))
const activityOf = (rows: readonly Change[]) => bodyOf(rows, 'activity')[0]!
const refused = (code: string) => ({ accepted: false, code })
const nothing = { accepted: true, changes: [] }
const signUp = (rows: Change[], actor: (typeof people)[number], at = EIGHT) =>
  after(rows, decide('activity/sign-up', { activityId }, rows, { actor, at }))
const full = people.slice(0, 4).reduce((rows, actor) => signUp(rows, actor), announced)
const ids = people.map(({ memberId }) => memberId)

describe('an activity', () => {
  test('gives its seats to the first who are heard, and the others wait in their order', () => {
    expect(seatsOf(activityOf(full))).toEqual({ seated: ids.slice(0, 2), waiting: ids.slice(2, 4) })
    expect(decide('activity/sign-up', { activityId }, full, { actor: people[1]! })).toEqual(nothing)
  })

  test('lets the first who waits move up when somebody withdraws', () => {
    const left = after(full, decide('activity/withdraw', { activityId }, full, { actor: people[0]! }))
    expect(seatsOf(activityOf(left))).toEqual({ seated: [ids[1], ids[2]], waiting: [ids[3]] })
    expect(decide('activity/withdraw', { activityId }, left, { actor: people[0]! })).toEqual(nothing)
  })

  test('has room for everybody where no seats are named', () => {
    expect(seatsOf({ people: ids, seats: null })).toEqual({ seated: ids, waiting: [] })
  })

  test('is changed over the revision that one saw; signing up is no change of it', () => {
    expect(activityOf(full).revision).toBe(1)
    const more = after(full, decide('activity/save', { ...save, seats: 3, baseRevision: 1 }, full, { actor: officer }))
    expect(seatsOf(activityOf(more)).seated).toEqual(ids.slice(0, 3))
    const stale = decide('activity/save', { ...save, seats: 9, baseRevision: 1 }, more, { actor: officer })
    expect(stale).toEqual(refused('stale_revision'))
    const backwards = { ...save, endsAt: said.startsAt - 1, baseRevision: 1 }
    expect(decide('activity/save', backwards, full, { actor: officer })).toEqual(refused('bad_field'))
  })

  test.each([
    ['has begun', announced, said.startsAt],
    [
      'was cancelled',
      after(full, decide('activity/save', { ...save, cancelled: true, baseRevision: 1 }, full, { actor: officer })),
      EIGHT,
    ],
  ])('that %s takes nobody in; who is on the list stays there', (_what, rows, at) => {
    expect(decide('activity/sign-up', { activityId }, rows, { actor: people[4]!, at })).toEqual(
      refused('activity_over'),
    )
    const [first] = activityOf(rows).people
    const actor = people.find(({ memberId }) => memberId === first)
    if (actor)
      expect(decide('activity/withdraw', { activityId }, rows, { actor, at })).toEqual(refused('activity_over'))
  })

  test('takes no more than fit on its list', () => {
    const crowd = Array.from({ length: MOST_SIGNED_UP }, (_, k) => anId(`crowd ${k}`))
    const rows = announced.map((row) => ({ ...row, body: { ...activityOf(announced), people: crowd } }))
    expect(decide('activity/sign-up', { activityId }, rows, { actor: people[0]! })).toEqual(refused('too_many'))
  })

  test.each(['activity/sign-up', 'activity/withdraw'] as const)('%s of none', (verb) => {
    expect(decide(verb, { activityId: anId('none') }, announced)).toEqual(refused('not_found'))
    expect(decide(verb, { activityId }, [], { missing: 'unknownHere' })).toEqual(nothing)
  })
})
