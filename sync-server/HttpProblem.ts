import { PROBLEMS, type ProblemCode } from '../src/protocol/problem.ts'

/** Trouble with a whole request. Thrown by a route, turned into `application/problem+json` in one place. */
export class HttpProblem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly retryAfterS: number | null

  constructor(code: ProblemCode, retryAfterS: number | null = null) {
    super(code)
    this.name = 'HttpProblem'
    this.code = code
    this.status = PROBLEMS[code]
    this.retryAfterS = retryAfterS
  }
}
