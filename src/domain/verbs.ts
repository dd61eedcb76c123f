import type * as v from 'valibot'
import type { Command } from './command.ts'
import { addDoor } from './commands/addDoor.ts'
import { assignStairwell } from './commands/assignStairwell.ts'
import { claimWish } from './commands/claimWish.ts'
import { closeWish } from './commands/closeWish.ts'
import { confirmDevice } from './commands/confirmDevice.ts'
import { confirmDoor } from './commands/confirmDoor.ts'
import { createInvite } from './commands/createInvite.ts'
import { drainDevice } from './commands/drainDevice.ts'
import { editAccessNote } from './commands/editAccessNote.ts'
import { endSession } from './commands/endSession.ts'
import { fulfilWish } from './commands/fulfilWish.ts'
import { giveBackWish } from './commands/giveBackWish.ts'
import { importStairwell } from './commands/importStairwell.ts'
import { publishWish } from './commands/publishWish.ts'
import { recordNoEntry } from './commands/recordNoEntry.ts'
import { recordQuiz } from './commands/recordQuiz.ts'
import { redactAccessNote } from './commands/redactAccessNote.ts'
import { renameDoor } from './commands/renameDoor.ts'
import { reportLoss } from './commands/reportLoss.ts'
import { retireDoor } from './commands/retireDoor.ts'
import { revokeDevice } from './commands/revokeDevice.ts'
import { saveActivity } from './commands/saveActivity.ts'
import { saveBond } from './commands/saveBond.ts'
import { saveCommunity } from './commands/saveCommunity.ts'
import { saveDoNotKnock } from './commands/saveDoNotKnock.ts'
import { saveRound } from './commands/saveRound.ts'
import { saveTeam } from './commands/saveTeam.ts'
import { settleHold } from './commands/settleHold.ts'
import { signUp } from './commands/signUp.ts'
import { withdrawInvite } from './commands/withdrawInvite.ts'
import { withdrawSignUp } from './commands/withdrawSignUp.ts'
import { KNOCK_VERBS } from './knockVerbs.ts'

/** Every verb there is, by its name on the wire. */
export const VERBS = {
  ...KNOCK_VERBS,
  'session/end': endSession,
  'activity/save': saveActivity,
  'activity/sign-up': signUp,
  'activity/withdraw': withdrawSignUp,
  'assignment/save': assignStairwell,
  'community/save': saveCommunity,
  'device/confirm': confirmDevice,
  'device/drain': drainDevice,
  'device/report-loss': reportLoss,
  'device/revoke': revokeDevice,
  'door/add': addDoor,
  'door/confirm': confirmDoor,
  'door/do-not-knock': saveDoNotKnock,
  'door/rename': renameDoor,
  'door/retire': retireDoor,
  'hold/settle': settleHold,
  'invite/create': createInvite,
  'invite/withdraw': withdrawInvite,
  'member/bond': saveBond,
  'quiz/record': recordQuiz,
  'roster/import-stairwell': importStairwell,
  'round/save': saveRound,
  'stairwell/access-note': editAccessNote,
  'stairwell/redact-note': redactAccessNote,
  'team/save': saveTeam,
  'visit/no-entry': recordNoEntry,
  'wish/claim': claimWish,
  'wish/close': closeWish,
  'wish/fulfil': fulfilWish,
  'wish/give-back': giveBackWish,
  'wish/publish': publishWish,
} as const

export type Verb = keyof typeof VERBS
export type Args<V extends Verb> = v.InferOutput<(typeof VERBS)[V]['args']>
/** A verb whose arguments are not known at compile time, as it comes off the wire or out of the outbox. */
export type AnyCommand = Command<string, v.GenericSchema>

export function isVerb(name: string): name is Verb {
  return Object.hasOwn(VERBS, name)
}

export function commandOf(verb: Verb): AnyCommand {
  return VERBS[verb] as unknown as AnyCommand
}
