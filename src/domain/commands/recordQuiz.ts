import * as v from 'valibot'
import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { choice, fields, flag, id, list, text } from '../fields.ts'
import { privateScope, stairwellScope } from '../record.ts'
import { BINS } from '../records/quizAnswer.ts'
import { mintQuizTakenId } from '../records/quizTaken.ts'
import { mintVisitDetailId } from '../records/visitDetail.ts'
import { localDate } from '../times.ts'

/**
 * Questions that were asked in a visit. The door learns only that a quiz took place; the answers are kept per stairwell
 * and day. What ties the two together is a private note of the author, so that an undo can find them.
 */
export const recordQuiz = command({
  verb: 'quiz/record',
  version: 1,
  args: fields({
    visitId: id,
    stairwellId: id,
    ruleSetId: text(20, 1),
    answers: list(
      fields({ questionId: text(20, 1), chosen: v.union([choice(BINS), text(40)], 'bad_field'), correct: flag }),
      5,
    ),
  }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ visitId, stairwellId }, actor) => [
    row('visit', visitId, stairwellScope(stairwellId)),
    row('visitDetail', mintVisitDetailId(visitId), privateScope(actor.memberId)),
  ],
  decide({ args, actor, at, newId }, facts) {
    const { visitId, stairwellId, ruleSetId } = args
    const visit = facts.get('visit', visitId)
    if (visit === 'absent') return refuse('not_found')
    if (visit === 'unknownHere') return accept([])
    if (visit.stairwellId !== stairwellId) return refuse('not_found')
    if (visit.recordedBy !== actor.memberId) return refuse('not_yours')
    const { roundId, doorId, sessionId } = visit
    const recordedBy = actor.memberId
    const answeredOn = localDate(at.effective)
    const answers = args.answers.map((answer, index) =>
      put('quizAnswer', { id: newId(index), stairwellId, roundId, ruleSetId, answeredOn, ...answer }),
    )
    const detailId = mintVisitDetailId(visitId)
    const detail = facts.get('visitDetail', detailId)
    const noted = typeof detail === 'object' ? detail : { id: detailId, visitId, recordedBy }
    const answerIds = [...(typeof detail === 'object' ? detail.answerIds : []), ...answers.map((answer) => answer.id)]
    if (answerIds.length > 20) return refuse('too_many')
    return accept([
      put('quizTaken', { id: mintQuizTakenId(visitId), visitId, stairwellId, roundId, doorId, sessionId, recordedBy }),
      ...answers,
      put('visitDetail', { ...noted, answerIds }),
    ])
  },
})
