import { problemBody } from '../../src/protocol/problem.ts'
import type { HttpAnswer } from './httpAsk.ts'
import type { Heard } from './HostileCase.ts'

/** What an HTTP answer says. A refusal is exactly its coded problem, and sets no cookie. */
export function problemOf({ status, headers, text }: HttpAnswer): Heard {
  let body: { code?: unknown; device?: string } = {}
  try {
    body = JSON.parse(text) as { code?: unknown; device?: string }
  } catch {
    return { status, code: status === 200 ? 'ok' : 'no code', wrong: 'the answer is no JSON' }
  }
  if (status === 200) return { status, code: 'ok' }
  const code = typeof body.code === 'string' ? body.code : 'no code'
  // Which phone was ended, that phone is told, and only by its own token.
  const device = code === 'device_revoked' ? String(body.device) : undefined
  const whole = JSON.stringify(problemBody(code as Parameters<typeof problemBody>[0], device))
  const wrong =
    text !== whole
      ? `the body is ${text.slice(0, 120)}`
      : !/^application\/problem\+json/.test(headers['content-type'] ?? '')
        ? `the type is ${headers['content-type']}`
        : headers['set-cookie'] !== undefined
          ? 'a refusal sets a cookie'
          : undefined
  return { status, code, wrong }
}
