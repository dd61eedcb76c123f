import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { existsSync } from 'node:fs'
import { check } from '../src/domain/fields.ts'
import { LIMITS } from '../src/protocol/limits.ts'
import { enrolRequest, enterRequest } from '../src/protocol/enrolment.ts'
import type { ServerContext } from './context.ts'
import { HttpProblem } from './HttpProblem.ts'
import { enrol, enter, type Enrolled } from './identity/enrol.ts'
import { keepToDeclared, principalAt } from './identity/admission.ts'
import { splitCookie } from './identity/principal.ts'
import { metricsOf } from './metrics.ts'
import { refuseUnreadable } from './refuseUnreadable.ts'
import { live } from './routes/live.ts'
import { me } from './routes/me.ts'
import { openapi } from './routes/openapi.ts'
import { readBody } from './routes/readBody.ts'
import { ready } from './routes/ready.ts'
import { recovery } from './routes/recovery.ts'
import { sync } from './routes/sync.ts'

export interface ServerOptions {
  /** Folder of the built app; without it only the API is served (tests, development). */
  appDir?: string
  /** True behind HTTPS: the cookie is `__Host-` and Secure. */
  secure: boolean
  trustProxy?: boolean
  logLevel?: string
}

/** As long as browsers keep a cookie; each rotation begins it anew. */
const COOKIE_S = 400 * 86_400
/** One header of our own, which no form and no foreign page can send. */
const OWN_HEADER = 'x-qiaomen'
const CONTENT_SECURITY_POLICY = {
  'default-src': ["'self'"],
  'base-uri': ["'none'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'worker-src': ["'self'"],
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ['vue', 'qiaomen'],
}

/** The HTTP server: the app's files and the API on one port. One file per endpoint stands in `routes/`. */
export async function createServer(context: ServerContext, options: ServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: LIMITS.wireBytes,
    trustProxy: options.trustProxy ?? false,
    // A body that dribbles in has the time that the slowest phone needs for the largest one, and no more.
    requestTimeout: LIMITS.timeoutBaseMs + LIMITS.wireBytes / LIMITS.slowestBytesPerMs,
    frameworkErrors: (error, _request, reply) => void sendProblem(context, error, reply),
    clientErrorHandler: refuseUnreadable,
    logger: options.logLevel ? { level: options.logLevel } : false,
  })
  const metrics = metricsOf(context)
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY },
    strictTransportSecurity: options.secure,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  })
  await app.register(cookie)
  await app.register(compress, {
    global: true,
    globalDecompression: false,
    threshold: 512,
    encodings: ['gzip', 'identity'],
  })
  await app.register(rateLimit, {
    global: false,
    // Whoever is within the limit need not pay for hearing of it.
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    errorResponseBuilder: (_request, limit) => new HttpProblem('too_many_requests', Math.ceil(limit.ttl / 1000)),
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      if (!/^application\/json(;|$)/i.test(request.headers['content-type'] ?? '')) {
        throw new HttpProblem('unsupported_media_type')
      }
      done(null, readBody(body as Buffer, request.headers['content-encoding']))
    } catch (error) {
      done(error as Error)
    }
  })
  app.setErrorHandler((error, _request, reply) => sendProblem(context, error, reply))
  app.setNotFoundHandler((request, reply) => notFound(context, request, reply, options))
  app.addHook('onRequest', async (request) => {
    assertOwnOrigin(request)
    assertParametersOnce(request)
  })
  app.addHook('onResponse', async (request, reply) => metrics.observe(request, reply))

  const cookieName = options.secure ? '__Host-qiaomen' : 'qiaomen'
  keepToDeclared(app, context, cookieName)
  addHealthRoutes(app, context, metrics)
  addApiRoutes(app, context, options, cookieName)
  if (options.appDir && existsSync(options.appDir)) await addAppFiles(app, options.appDir)
  return app
}

function addHealthRoutes(app: FastifyInstance, context: ServerContext, metrics: ReturnType<typeof metricsOf>): void {
  app.get('/healthz', async () => ({ ok: true }))
  app.get('/readyz', async () => ready(context))
  app.get('/metrics', async (_request, reply) => {
    await reply.type('text/plain; version=0.0.4').send(await metrics.text())
  })
}

function addApiRoutes(app: FastifyInstance, context: ServerContext, options: ServerOptions, cookieName: string): void {
  const flags = { path: '/', httpOnly: true, sameSite: 'strict', secure: options.secure, maxAge: COOKIE_S } as const
  const admit = async (reply: FastifyReply, enrolled: Enrolled) => {
    await reply
      .setCookie(cookieName, enrolled.cookie, flags)
      .header('cache-control', 'no-store')
      .send(enrolled.standing)
  }
  const ofDevice = (request: FastifyRequest) => {
    const cookie = request.cookies[cookieName]
    return splitCookie(cookie) && cookie ? cookie : request.ip
  }
  // Many phones stand behind one address, so whoever has a token is counted by it.
  const oneDevice = {
    config: { rateLimit: { max: LIMITS.requestsPerMinute, timeWindow: 60_000, keyGenerator: ofDevice } },
  }
  const fewTries = { config: { rateLimit: { max: 60, timeWindow: 60_000 } } }
  app.post('/api/enter', fewTries, async (request, reply) => {
    const body = check(enterRequest, sentBy(request))
    if (!body.ok) throw new HttpProblem('bad_request')
    await admit(reply, await enter(context, body.value))
  })
  app.post('/api/enrol', fewTries, async (request, reply) => {
    const body = check(enrolRequest, sentBy(request))
    if (!body.ok) throw new HttpProblem('bad_request')
    await admit(reply, await enrol(context, body.value))
  })
  app.post('/api/sync', oneDevice, async (request, reply) => {
    const principal = principalAt(request)
    const answer = await sync(context, principal, sentBy(request))
    const cookie = await principal.nextCookie()
    if (cookie !== null) reply.setCookie(cookieName, cookie, flags)
    return reply.header('cache-control', 'no-store').send(answer)
  })
  app.get('/api/me', oneDevice, async (request, reply) => {
    return reply.header('cache-control', 'no-store').send(await me(context, principalAt(request)))
  })
  // What a revoked phone asks for when it has emptied itself: the browser then clears what no script reaches.
  app.post('/api/clear-site', oneDevice, async (_request, reply) => {
    const cleared = reply.clearCookie(cookieName, { path: '/', secure: options.secure, sameSite: 'strict' })
    return cleared
      .header('cache-control', 'no-store')
      .header('clear-site-data', '"cache", "cookies", "storage"')
      .send({})
  })
  app.get('/api/recovery', oneDevice, async (request, reply) => {
    return reply.header('cache-control', 'no-store').send(await recovery(context, principalAt(request)))
  })
  // A HEAD would be answered with a stream that never ends.
  const streamOnly = { ...oneDevice, exposeHeadRoute: false }
  app.get('/api/live', streamOnly, async (request, reply) => live(context, principalAt(request), request, reply))
  app.get('/api/openapi.json', async () => openapi())
}

async function addAppFiles(app: FastifyInstance, appDir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: appDir,
    cacheControl: false,
    setHeaders(reply, path) {
      // Hashed files never change; the worker, the page and the manifest are asked for anew each time.
      const hashed = /[/\\]assets[/\\]/.test(path)
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}

/** Deep links open the app; what is no page is a coded 404, the same as that of a route that is not there for somebody. */
async function notFound(
  context: ServerContext,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ServerOptions,
): Promise<void> {
  const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
  if (wantsPage && options.appDir && !request.url.startsWith('/api/')) {
    await reply.sendFile('index.html')
    return
  }
  await sendProblem(context, new HttpProblem('not_found'), reply)
}

/** Whatever changes something must come from our own page: the browser says so, and a header of ours proves script. */
function assertOwnOrigin(request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  const sameSite = site !== undefined ? site === 'same-origin' : origin === undefined || isOwn(origin, request.host)
  if (!sameSite || request.headers[OWN_HEADER] === undefined) throw new HttpProblem('csrf')
}

/** The parsed body; where there was none, and no content type to send it to a parser, that is no JSON either. */
function sentBy(request: FastifyRequest): unknown {
  if (request.body === undefined) throw new HttpProblem('bad_json')
  return request.body
}

/** A browser leaves the usual port out of the origin; whoever wrote the host may have left it in. */
function isOwn(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, host: given } = new URL(origin)
  const own = `${protocol}//${host}`
  return given !== '' && URL.canParse(own) && new URL(own).host === given
}

/** No route reads a parameter; one that comes twice means one thing to us and another to whatever stands before us. */
function assertParametersOnce(request: FastifyRequest): void {
  const values = Object.values(request.query as Record<string, unknown>)
  if (values.some(Array.isArray)) throw new HttpProblem('bad_parameter')
}

async function sendProblem(context: ServerContext, error: unknown, reply: FastifyReply): Promise<void> {
  const problem = asProblem(context, error)
  if (problem.retryAfterS !== null) reply.header('retry-after', String(problem.retryAfterS))
  await reply
    .code(problem.status)
    .type('application/problem+json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem.body))
}

function asProblem(context: ServerContext, error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error
  const { code, name, statusCode } = error as { code?: string; name?: string; statusCode?: number }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new HttpProblem('too_large')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new HttpProblem('unsupported_media_type')
  if (code === 'FST_ERR_BAD_URL') return new HttpProblem('not_found')
  if (name === 'StorageTrouble') return new HttpProblem('storage_unavailable', 5)
  if (statusCode !== undefined && statusCode < 500) return new HttpProblem('bad_request')
  context.onFault(error, 'http')
  return new HttpProblem('internal')
}
