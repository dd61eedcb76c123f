import type { ProblemCode } from '../protocol/problem.ts'

/**
 * What can go wrong between here and the server. `offline` covers everything that is not our server talking: no network,
 * a captive portal's page, a proxy's error. `problem` is our server's own coded answer.
 */
export class Trouble extends Error {
  override readonly name = 'Trouble'
  readonly kind: 'offline' | 'timeout' | 'problem'
  readonly code: ProblemCode | null
  readonly retryAfterMs: number | null

  constructor(kind: Trouble['kind'], code: ProblemCode | null = null, retryAfterMs: number | null = null) {
    super(code ?? kind)
    this.kind = kind
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}
