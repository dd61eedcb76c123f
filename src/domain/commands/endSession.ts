import * as v from 'valibot'
import { accept, command, putOf, refuse, row } from '../command.ts'
import { fields, id, text, time } from '../fields.ts'
import { canonicalJson, sha256Hex } from '../hash.ts'
import { holdsLongNumber } from '../programme/holdsLongNumber.ts'
import { memberScope } from '../record.ts'
import { mintServiceRecordId, serviceRecord } from '../records/serviceRecord.ts'
import { session as sessionKind } from '../records/session.ts'
import { summarise } from '../service/summarise.ts'

/**
 * Ends an evening and submits what it came to as a service record: the evening writes its own record, the member adds
 * one sentence at most. The submitted revision is frozen with its hash; a stamp will name that hash.
 */
export const endSession = command({
  verb: 'session/end',
  version: 1,
  args: fields({
    sessionId: id,
    sentence: text(200),
    /** When the evening was over, if that was earlier than now: who submits the next day did not serve all night. */
    endedAt: v.optional(time),
  }),
  reads: ({ sessionId }, actor) => [
    row('session', sessionId, memberScope(actor.memberId)),
    row('sessionTally', sessionId, memberScope(actor.memberId)),
  ],
  decide({ args, actor, at }, facts) {
    const session = facts.get('session', args.sessionId)
    if (session === 'absent') return refuse('not_found')
    if (session === 'unknownHere') return accept([])
    // An evening lies in its member's own scope: whose it is, nobody else is told.
    if (session.memberId !== actor.memberId) return refuse('not_found')
    if (session.endedAt !== null) return refuse('session_ended')
    if (holdsLongNumber(args.sentence)) return refuse('digits_in_text')
    const tally = facts.get('sessionTally', args.sessionId)
    const summary = summarise(typeof tally === 'object' ? tally : undefined)
    const endedAt = Math.max(session.startedAt, Math.min(at.effective, args.endedAt ?? at.effective))
    const frozen = {
      id: mintServiceRecordId(session.id),
      memberId: actor.memberId,
      sessionId: session.id,
      startedAt: session.startedAt,
      endedAt,
      minutes: Math.min(1440, Math.round((endedAt - session.startedAt) / 60_000)),
      doors: summary.doors,
      met: summary.met,
      quizzed: summary.quizzed,
      stairwellIds: summary.stairwellIds.slice(0, 100),
      sentence: args.sentence,
      revision: 1,
    }
    return accept([
      putOf(sessionKind, { ...session, endedAt }),
      putOf(serviceRecord, { ...frozen, state: 'submitted', revisionHash: sha256Hex(canonicalJson(frozen)) }),
    ])
  },
})
