import { accept, command, putOf, refuse, remove, row } from '../command.ts'
import { fields, id } from '../fields.ts'
import { privateScope, stairwellScope } from '../record.ts'
import { doNotKnock, mintDoNotKnockId } from '../records/doNotKnock.ts'
import { mintVisitDetailId, visitDetail } from '../records/visitDetail.ts'
import { mintVisitVoidId, visitVoid } from '../records/visitVoid.ts'
import { coarseTime } from '../times.ts'

/**
 * 撤销: takes back a visit of one's own. The visit stays; a void is appended. A wish for peace that this visit set is
 * lifted with it, and so are the quiz answers given in it, which only its author's own note can find.
 */
export const voidVisit = command({
  verb: 'visit/void',
  version: 1,
  args: fields({ visitId: id, stairwellId: id, doorId: id }),
  stairwellOf: ({ stairwellId }) => stairwellId,
  reads: ({ visitId, stairwellId, doorId }, actor) => [
    row('visit', visitId, stairwellScope(stairwellId)),
    row('doNotKnock', mintDoNotKnockId(doorId), stairwellScope(stairwellId)),
    row('visitDetail', mintVisitDetailId(visitId), privateScope(actor.memberId)),
  ],
  decide({ args, actor, at }, facts) {
    const { visitId, stairwellId } = args
    const visit = facts.get('visit', visitId)
    if (visit === 'absent') return refuse('not_found')
    if (visit === 'unknownHere') return accept([])
    if (visit.stairwellId !== stairwellId) return refuse('not_found')
    if (visit.recordedBy !== actor.memberId) return refuse('not_yours')
    const { roundId, doorId, sessionId } = visit
    const changes = [
      putOf(visitVoid, {
        id: mintVisitVoidId(visitId),
        visitId,
        stairwellId,
        roundId,
        doorId,
        sessionId,
        recordedBy: actor.memberId,
        voidedAt: coarseTime(at.effective),
      }),
    ]
    const wish = doorId === args.doorId ? facts.get('doNotKnock', mintDoNotKnockId(doorId)) : 'absent'
    if (typeof wish === 'object' && wish.visitId === visitId) {
      changes.push(putOf(doNotKnock, { ...wish, until: wish.since }))
    }
    const detail = facts.get('visitDetail', mintVisitDetailId(visitId))
    if (typeof detail === 'object') {
      for (const answerId of detail.answerIds) {
        changes.push(remove('quizAnswer', answerId, stairwellScope(stairwellId)))
      }
      changes.push(putOf(visitDetail, { ...detail, answerIds: [] }))
    }
    return accept(changes)
  },
})
