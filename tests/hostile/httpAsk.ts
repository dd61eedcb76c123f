import { request, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { OWN_HEADERS } from '../harness/wireWorld.ts'

/** One request as our own page sends it, but for what is said here; a header that is `undefined` is left out. */
export interface Sending {
  method?: string
  path?: string
  body?: unknown
  cookie?: string | undefined
  headers?: Record<string, string | undefined>
  /** Behind a proxy that is trusted; each request has an address of its own unless it says so. */
  from?: string
}

export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** A server that does not answer within this time hangs. */
const ANSWER_LIMIT_MS = 10_000
let addresses = 0

const asBytes = (body: unknown): Buffer => {
  if (body === undefined) return Buffer.alloc(0)
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Asks the real server over a socket. @throws when it does not answer */
export async function ask(url: string, sending: Sending): Promise<HttpAnswer> {
  const number = ++addresses
  const forwarded = sending.from ?? `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
  const method = sending.method ?? 'POST'
  const cookie = sending.cookie === undefined ? undefined : `qiaomen=${sending.cookie}`
  const own = method === 'GET' || method === 'HEAD' ? {} : OWN_HEADERS
  const headers = Object.entries({ ...own, cookie, 'x-forwarded-for': forwarded, ...sending.headers })
  const given = Object.fromEntries(headers.filter((entry): entry is [string, string] => entry[1] !== undefined))
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    // The path goes out as it stands: a URL would be tidied up on the way.
    const asked = request({ hostname, port, method, path: sending.path ?? '/api/sync', headers: given, agent: false })
    asked.setTimeout(ANSWER_LIMIT_MS, () => asked.destroy(new Error('no answer')))
    asked.on('error', reject)
    asked.on('response', (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString()
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
      })
    })
    asked.end(method === 'GET' || method === 'HEAD' ? undefined : asBytes(sending.body))
  })
}

/**
 * Writes bytes to a connection as they are.
 *
 * @param cut to end the connection after them, without waiting for any answer
 * @returns what came back before the other side closed
 */
export async function askRaw(url: string, bytes: Buffer | string, cut = false): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      socket.write(bytes, () => cut && socket.destroy())
    })
    socket.setTimeout(ANSWER_LIMIT_MS, () => socket.destroy(new Error('no answer')))
    socket.on('data', (part) => (heard += String(part)))
    socket.on('error', (error) => (cut || heard !== '' ? resolve(heard) : reject(error)))
    socket.on('close', () => resolve(heard))
  })
}
