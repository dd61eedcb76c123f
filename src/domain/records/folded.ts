import * as v from 'valibot'
import { choice, fields, id, whole } from '../fields.ts'
import { kind } from '../kind.ts'
import { mintId } from '../hash.ts'
import { stairwellScope } from '../record.ts'

/** How far a round got at one door, from least to most. `none`: no home, or an empty one, and nobody was ever met there. */
export const REACHES = ['notHome', 'none', 'tried', 'met', 'quizzed'] as const
export type Reach = (typeof REACHES)[number]

const date = v.pipe(v.string('bad_field'), v.isoDate('bad_field'))
const count = whole(0, 1e9)

/**
 * What is left of a round in one stairwell once its events were folded (SYNC-12): per door the day of the last visit and
 * how far it got, counts per member and per quiz item, and nothing of any single visit. What comes late stands beside it
 * as events until it is folded in turn.
 */
export const folded = kind({
  kind: 'folded',
  schema: fields({
    id,
    stairwellId: id,
    roundId: id,
    /** How many times something was folded into it: each time is a change of its own. */
    folds: count,
    /** Local day of the last of them. */
    foldedOn: date,
    /** Visits that stood, and visits that had been taken back. */
    visits: count,
    voided: count,
    noEntries: count,
    doors: v.record(v.string(), fields({ on: date, reach: choice(REACHES) }), 'bad_field'),
    members: v.record(v.string(), fields({ visits: count, met: count, quizzed: count }), 'bad_field'),
    /** By `ruleSetId/questionId`: an answer is right by the edition that judged it. */
    items: v.record(v.string(), fields({ asked: count, correct: count }), 'bad_field'),
  }),
  scopeOf: (body) => stairwellScope(body.stairwellId),
})
export type Folded = v.InferOutput<typeof folded.schema>

export function mintFoldedId(roundId: string, stairwellId: string): string {
  return mintId('folded', roundId, stairwellId)
}
