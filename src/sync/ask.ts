import type { EnrolRequest, EnterRequest, Standing as WireStanding } from '../protocol/enrolment.ts'
import type { NetAnswer } from '../protocol/netAnswer.ts'
import type { ProblemCode } from '../protocol/problem.ts'
import type { RecoveryAnswer } from '../protocol/recovery.ts'
import { get, post, troubleOf } from '../remote/request.ts'
import { Trouble } from '../remote/Trouble.ts'

/** Who this device is, in the server's words. */
export type Standing = WireStanding

/** Why a question that only works online got no answer: a coded problem, or nobody there to ask. */
export type AskTrouble = ProblemCode | 'offline'

/** An answer, or the reason why there is none. These questions never throw. */
export type Asked<T> = { ok: true; value: T } | { ok: false; code: AskTrouble; retryAfterMs: number | null }

/** Joins with an invitation's link or short code. The phone then waits until somebody has compared the match code. */
export function enrol(request: EnrolRequest): Promise<Asked<Standing>> {
  return askFor(() => post('/api/enrol', JSON.stringify(request)))
}

/**
 * Uses a one-time link of the operator. `bad_request` says that the link also wants a name, and for a community that is
 * not founded yet the community's; the link is not used up by that.
 */
export function enter(request: EnterRequest): Promise<Asked<Standing>> {
  return askFor(() => post('/api/enter', JSON.stringify(request)))
}

/** Who this device is, for a page that has its cookie and lost its database. */
export function whoAmI(): Promise<Asked<Standing>> {
  return askFor(() => get('/api/me'))
}

/** What an officer is told in the days after a restore. */
export type Recovery = NonNullable<RecoveryAnswer['recovery']>

/** Whether the data was brought back from a backup lately, and which phones have not been heard of since. */
export function recovery(): Promise<Asked<RecoveryAnswer>> {
  return askFor(() => get('/api/recovery'))
}

async function askFor<T>(send: () => Promise<NetAnswer>): Promise<Asked<T>> {
  try {
    const answer = await send()
    if (answer.status === 200) return { ok: true, value: answer.body as T }
    return troubled(troubleOf(answer))
  } catch (error) {
    if (error instanceof Trouble) return troubled(error)
    throw error
  }
}

function troubled({ code, retryAfterMs }: Trouble): Asked<never> {
  return { ok: false, code: code ?? 'offline', retryAfterMs }
}
