import type * as v from 'valibot'
import { activity } from './records/activity.ts'
import { assignment } from './records/assignment.ts'
import { community } from './records/community.ts'
import { device } from './records/device.ts'
import { deviceReport } from './records/deviceReport.ts'
import { doNotKnock } from './records/doNotKnock.ts'
import { erasure } from './records/erasure.ts'
import { folded } from './records/folded.ts'
import { hold } from './records/hold.ts'
import { invite } from './records/invite.ts'
import { lateAnswer } from './records/lateAnswer.ts'
import { member } from './records/member.ts'
import { noEntry } from './records/noEntry.ts'
import { phoneLoss } from './records/phoneLoss.ts'
import { quizAnswer } from './records/quizAnswer.ts'
import { quizTaken } from './records/quizTaken.ts'
import { round } from './records/round.ts'
import { serviceRecord } from './records/serviceRecord.ts'
import { session } from './records/session.ts'
import { sessionTally } from './records/sessionTally.ts'
import { stairwell } from './records/stairwell.ts'
import { team } from './records/team.ts'
import { visit } from './records/visit.ts'
import { visitDetail } from './records/visitDetail.ts'
import { visitVoid } from './records/visitVoid.ts'
import { wish } from './records/wish.ts'

/** Every kind of record by its name on the wire. */
export const KINDS = {
  activity,
  assignment,
  community,
  device,
  deviceReport,
  doNotKnock,
  erasure,
  folded,
  hold,
  invite,
  lateAnswer,
  member,
  noEntry,
  phoneLoss,
  quizAnswer,
  quizTaken,
  round,
  serviceRecord,
  session,
  sessionTally,
  stairwell,
  team,
  visit,
  visitDetail,
  visitVoid,
  wish,
} as const

export type KindName = keyof typeof KINDS
export type Body<K extends KindName> = v.InferOutput<(typeof KINDS)[K]['schema']>

/** Kinds that happened and never change: a replay keeps them as they are (SYNC-7). */
const EVENT_KINDS: ReadonlySet<string> = new Set(['visit', 'visitVoid', 'quizTaken', 'quizAnswer', 'noEntry'])

export function isEventKind(kind: string): boolean {
  return EVENT_KINDS.has(kind)
}
