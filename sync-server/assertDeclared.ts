import { POLICY, ROUTES, type RouteRule, type Rule } from '../src/domain/access.ts'
import { VERBS, type Verb } from '../src/domain/verbs.ts'

const ACCESS = 'src/domain/access.ts'

/**
 * What is declared of a route.
 *
 * @param method as the router knows it; a HEAD is its GET
 * @throws Error when nobody said who may: the server does not start with such a route
 */
export function ruleOfRoute(method: string, path: string): RouteRule {
  const name = `${method === 'HEAD' ? 'GET' : method} ${path}`
  const rule = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined
  if (!rule) throw new Error(`the route ${name} has no declared action: say in ${ACCESS} who may ask there`)
  return rule
}

/**
 * Says at the start what would be denied or forgotten later.
 *
 * @throws Error when a verb has no line in the policy, or the policy has a line for no verb
 */
export function assertVerbsDeclared(
  verbs: Readonly<Record<string, unknown>> = VERBS,
  policy: Readonly<Record<string, Rule>> = POLICY satisfies Record<Verb, Rule>,
): void {
  for (const verb of Object.keys(verbs)) {
    if (!Object.hasOwn(policy, verb))
      throw new Error(`the verb ${verb} has no declared action: say in ${ACCESS} who may`)
  }
  for (const verb of Object.keys(policy)) {
    if (!Object.hasOwn(verbs, verb)) throw new Error(`${ACCESS} says who may ${verb}, and there is no such verb`)
  }
}
