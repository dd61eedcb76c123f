import { PROBLEMS, problemBody, type ProblemBody, type ProblemCode } from '../src/protocol/problem.ts'

/** Trouble with a whole request. Thrown by a route, turned into `application/problem+json` in one place. */
export class HttpProblem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly retryAfterS: number | null
  readonly #device: string | undefined

  constructor(code: ProblemCode, retryAfterS: number | null = null, device?: string) {
    super(code)
    this.name = 'HttpProblem'
    this.code = code
    this.status = PROBLEMS[code]
    this.retryAfterS = retryAfterS
    this.#device = device
  }

  /** What is answered. */
  get body(): ProblemBody {
    return problemBody(this.code, this.#device)
  }
}

/** An enrolment was ended. It is named, because a phone that hears this of itself empties itself. */
export const deviceRevoked = (device: string): HttpProblem => new HttpProblem('device_revoked', null, device)
