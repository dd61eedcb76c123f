import { recordVisit } from './commands/recordVisit.ts'
import { startSession } from './commands/startSession.ts'
import { voidVisit } from './commands/voidVisit.ts'

/** What a tap on a door sheet does: with the first screens on every phone. All verbs are in verbs.ts. */
export const KNOCK_VERBS = {
  'session/start': startSession,
  'visit/record': recordVisit,
  'visit/void': voidVisit,
} as const
