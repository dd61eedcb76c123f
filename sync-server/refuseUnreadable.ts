import type { Socket } from 'node:net'
import { problemBody } from '../src/protocol/problem.ts'

/**
 * Answers what is no HTTP at all, or HTTP that two readers would read in two ways, in the same coded words as everything
 * else, and ends the connection. A body that came too slowly is told the time only: it may be a phone on a bad line,
 * which tries again.
 */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    return
  }
  const body = JSON.stringify(problemBody('bad_request'))
  const type = 'content-type: application/problem+json\r\ncache-control: no-store\r\nx-content-type-options: nosniff'
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nconnection: close\r\n${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}
