import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ServerContext } from '../context.ts'
import type { Principal } from '../identity/principal.ts'

const HEARTBEAT_MS = 25_000
/** Pokes within this time are one poke: a hint loses nothing by being late. */
const COALESCE_MS = 200

/** `GET /api/live`: server-sent pokes, never data. A poke says that a sync would find something. */
export function live(server: ServerContext, principal: Principal, request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack()
  const stream = reply.raw
  stream.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  stream.write('retry: 5000\n\n')
  let waiting: ReturnType<typeof setTimeout> | null = null
  const poke = (community: string) => {
    if (community !== principal.community || waiting) return
    waiting = setTimeout(() => {
      waiting = null
      stream.write('event: poke\ndata: \n\n')
    }, COALESCE_MS)
  }
  const heartbeat = setInterval(() => stream.write(': still here\n\n'), HEARTBEAT_MS)
  server.pokes.on('poke', poke)
  server.pokes.on('elsewhere', poke)
  request.raw.on('close', () => {
    server.pokes.off('poke', poke)
    server.pokes.off('elsewhere', poke)
    clearInterval(heartbeat)
    if (waiting) clearTimeout(waiting)
  })
}
