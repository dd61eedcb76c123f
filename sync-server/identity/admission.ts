import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RouteRule } from '../../src/domain/access.ts'
import { bondAt, type Member } from '../../src/domain/records/member.ts'
import { assertVerbsDeclared, ruleOfRoute } from '../assertDeclared.ts'
import type { ServerContext } from '../context.ts'
import { HttpProblem } from '../HttpProblem.ts'
import { isSetUp } from '../routes/ready.ts'
import { readRecords } from '../storage/records.ts'
import { principalOf, type Principal } from './principal.ts'

const admitted = new WeakMap<FastifyRequest, Principal>()

/** Whose request it is, on a route that is declared for devices. */
export function principalAt(request: FastifyRequest): Principal {
  const principal = admitted.get(request)
  if (!principal) throw new Error(`nobody was asked for at ${request.url}`)
  return principal
}

/**
 * Keeps every route to what `access.ts` declares of it, before its handler runs. Call it before any route is added.
 *
 * @throws Error when a verb, or later a route, is added of which nothing is declared
 */
export function keepToDeclared(app: FastifyInstance, server: ServerContext, cookieName: string): void {
  assertVerbsDeclared()
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) ruleOfRoute(each, url)
  })
  app.addHook('preHandler', async (request) => {
    const { url } = request.routeOptions
    // What is no route is answered as that.
    if (request.is404 || url === undefined) return
    const rule = ruleOfRoute(request.method, url)
    if (!rule.beforeSetUp && !(await isSetUp(server))) throw new HttpProblem('setup_required')
    if (!rule.device) return
    const evenRevoked = rule.states?.includes('revoked') === true
    const principal = await principalOf(server, request.cookies[cookieName], evenRevoked)
    if (!(await mayAsk(server, rule, principal))) throw new HttpProblem('not_found')
    admitted.set(request, principal)
  })
}

async function mayAsk(
  server: ServerContext,
  { states, roles }: RouteRule,
  { community, device }: Principal,
): Promise<boolean> {
  if (states && !states.includes(device.state)) return false
  if (!roles) return true
  const [row] = await readRecords(server.storage.db, community, [{ kind: 'member', id: device.memberId }])
  const bond = row && !row.deleted && bondAt(JSON.parse(row.body) as Member, server.clock.now())
  return bond ? roles.includes(bond.role) : false
}
