/** Permanent codes of the envelope, each with its HTTP status. The status speaks of the envelope only (SYNC-4). */
export const PROBLEMS = {
  bad_json: 400,
  bad_encoding: 400,
  too_deep: 400,
  too_many_commands: 400,
  duplicate_key: 400,
  bad_request: 400,
  bad_parameter: 400,
  cursor_invalid: 400,
  unauthenticated: 401,
  device_revoked: 401,
  token_superseded: 401,
  csrf: 403,
  device_mismatch: 403,
  setup_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  epoch_changed: 409,
  unsent_of_another: 409,
  invite_dead: 410,
  too_large: 413,
  unsupported_media_type: 415,
  protocol_too_old: 426,
  too_many_requests: 429,
  internal: 500,
  storage_unavailable: 503,
} as const
export type ProblemCode = keyof typeof PROBLEMS

/** The body of an error answer, `application/problem+json` (RFC 9457) with a permanent `code`. */
export interface ProblemBody {
  type: 'about:blank'
  title: string
  status: number
  code: ProblemCode
  /** With `device_revoked`: which enrolment was ended. */
  device?: string
}

export function problemBody(code: ProblemCode, device?: string): ProblemBody {
  const named = device === undefined ? {} : { device }
  return { type: 'about:blank', title: code, status: PROBLEMS[code], code, ...named }
}
