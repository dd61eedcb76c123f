import { LIMITS } from '../protocol/limits.ts'
import type { NetAnswer } from '../protocol/netAnswer.ts'
import { PROBLEMS, type ProblemCode } from '../protocol/problem.ts'
import { Trouble } from './Trouble.ts'

const GZIP_FROM_BYTES = 1_024

/**
 * The only request this app makes. The body is gzipped where the browser can; the time allowed grows with its size.
 * Whatever does not come from our server (a captive portal's page with status 200 among it) counts as offline.
 *
 * @throws Trouble `offline` or `timeout`
 */
export async function post(path: string, json: string): Promise<NetAnswer> {
  const plain = new TextEncoder().encode(json)
  const gzip = plain.length >= GZIP_FROM_BYTES && typeof CompressionStream === 'function'
  const body = gzip ? await compress(plain) : plain
  const headers: Record<string, string> = { 'content-type': 'application/json', 'x-qiaomen': '1' }
  if (gzip) headers['content-encoding'] = 'gzip'
  return read(path, { method: 'POST', headers, body: body as BodyInit }, plain.length)
}

/** Asks without sending anything. @throws Trouble */
export async function get(path: string): Promise<NetAnswer> {
  return read(path, { method: 'GET' }, 0)
}

async function read(path: string, init: RequestInit, bytes: number): Promise<NetAnswer> {
  const controller = new AbortController()
  const timeoutMs = LIMITS.timeoutBaseMs + bytes / LIMITS.slowestBytesPerMs
  let timer = setTimeout(() => controller.abort(), timeoutMs)
  try {
    const response = await fetch(path, {
      ...init,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: controller.signal,
    })
    const type = response.headers.get('content-type') ?? ''
    if (!/^application\/(problem\+)?json/.test(type)) throw new Trouble('offline')
    // Who has begun to answer has the time that the slowest line needs for the largest page.
    clearTimeout(timer)
    timer = setTimeout(() => controller.abort(), LIMITS.wireBytes / LIMITS.slowestBytesPerMs)
    const seconds = Number(response.headers.get('retry-after') ?? '')
    const retryAfterMs = seconds > 0 ? seconds * 1_000 : null
    return { status: response.status, body: (await response.json()) as unknown, retryAfterMs }
  } catch (error) {
    if (error instanceof Trouble) throw error
    throw new Trouble(controller.signal.aborted ? 'timeout' : 'offline')
  } finally {
    clearTimeout(timer)
  }
}

async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** Our server's coded problem as Trouble; anything else that failed counts as offline. */
export function troubleOf(answer: NetAnswer): Trouble {
  const code = (answer.body as { code?: unknown } | null)?.code
  const known = typeof code === 'string' && Object.hasOwn(PROBLEMS, code)
  if (!known) return new Trouble('offline', null, answer.retryAfterMs)
  return new Trouble('problem', code as ProblemCode, answer.retryAfterMs)
}
