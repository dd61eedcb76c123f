import type { HostileCase } from './HostileCase.ts'
import type { HttpAnswer, Sending } from './httpAsk.ts'
import { makeEntryLink } from '../../sync-server/start.ts'

const RULES = [
  "default-src 'self'",
  "script-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
]

/** What keeps a page safe; `undefined` when nothing is missing. */
function missingHeader({ headers }: HttpAnswer): string | undefined {
  const policy = String(headers['content-security-policy'])
  const rule = [...RULES, "require-trusted-types-for 'script'"].find((each) => !policy.includes(each))
  if (rule !== undefined) return `the policy lacks ${rule}`
  if (/unsafe|\*/.test(policy)) return `the policy allows ${policy}`
  const expected = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'access-control-allow-origin': undefined,
    'access-control-allow-credentials': undefined,
    'x-powered-by': undefined,
    location: undefined,
  }
  const wrong = Object.entries(expected).find(([name, value]) => headers[name] !== value)
  return wrong && `${wrong[0]} is ${String(headers[wrong[0]])}`
}

const get = (path: string, headers: Sending['headers'] = {}): Sending => ({ method: 'GET', path, headers })
const page = { accept: 'text/html' }

/** Every answer carries the headers that keep a page safe, and none leads anywhere else. */
const ANSWERS: [name: string, status: number, sending: Sending][] = [
  ['an answer of /healthz', 200, get('/healthz')],
  ['an answer of /api/me', 401, get('/api/me')],
  ['an answer of a route that is not there', 404, get('/api/nothing')],
  ['an answer of a page that is not there', 404, get('/nothing')],
  ['an answer of /api/openapi.json', 200, get('/api/openapi.json')],
  ['an answer to a foreign page', 403, { path: '/api/sync', body: {}, headers: { 'sec-fetch-site': 'cross-site' } }],
  ['an answer to a foreign origin’s question', 401, get('/api/me', { origin: 'https://evil.example' })],
  ['?redirect=//evil', 200, get('/?redirect=//evil.example', page)],
  ['?redirect=//evil on a deep link', 200, get('/enter?redirect=https://evil.example', page)],
  ['a path that looks like a host', 400, get('//evil.example/', page)],
  ['a path of backslashes', 400, get('/\\evil.example', page)],
  [
    'a preflight from elsewhere',
    403,
    { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'x-qiaomen': undefined } },
  ],
]

export const browserCases: HostileCase[] = [
  ...ANSWERS.map(([name, status, sending]): HostileCase => ({
    ...{ subject: 'browser', name, status, code: 'safe headers', mayChange: false },
    async ask(ground) {
      const answer = await ground.ask(sending)
      return { status: answer.status, code: missingHeader(answer) ?? 'safe headers' }
    },
  })),
  {
    ...{ subject: 'browser', name: 'an answer that is somebody’s', status: 200, code: 'no-store', mayChange: false },
    async ask(ground) {
      const { status, headers } = await ground.ask({ ...get('/api/me'), cookie: ground.member.cookie })
      return { status, code: String(headers['cache-control']) }
    },
  },
  {
    ...{ subject: 'browser', name: 'the cookie and script', status: 200, code: 'HttpOnly SameSite=Strict Path=/' },
    mayChange: true,
    async ask(ground) {
      const secret = await makeEntryLink(ground.context, ground.community, { role: 'officer' })
      const answer = await ground.ask({ path: '/api/enter', body: { secret, name: '阿珍', deviceName: '手机' } })
      const [cookie = ''] = answer.headers['set-cookie'] ?? []
      const flags = ['HttpOnly', 'SameSite=Strict', 'Path=/'].filter((flag) => cookie.includes(flag))
      const token = /qiaomen=([^;]+)/.exec(cookie)?.[1] ?? 'no cookie'
      const wrong = answer.text.includes(token)
        ? 'the token lies in the body'
        : cookie.includes('Domain')
          ? cookie
          : undefined
      return { status: answer.status, code: flags.join(' '), wrong }
    },
  },
]
