import type { FastifyReply, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ServerContext } from './context.ts'

/** Prometheus figures of one server: requests by route and status, their duration, pokes. No bodies, no names. */
export function metricsOf(server: ServerContext) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const seconds = new Histogram({
    name: 'qiaomen_http_seconds',
    help: 'Duration of HTTP requests in seconds',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  const commits = new Counter({
    name: 'qiaomen_commits_total',
    help: 'Transactions that changed something',
    registers: [registry],
  })
  new Gauge({
    name: 'qiaomen_storage_damaged',
    help: '1 when the database was found damaged; it is only read until it is restored',
    registers: [registry],
    collect() {
      this.set(server.storage.isDamaged() ? 1 : 0)
    },
  })
  server.pokes.on('poke', () => commits.inc())
  return {
    observe(request: FastifyRequest, reply: FastifyReply): void {
      const route = request.routeOptions.url ?? 'file'
      seconds.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1000)
    },
    text: () => registry.metrics(),
  }
}
