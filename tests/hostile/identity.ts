import { LIMITS } from '../../src/protocol/limits.ts'
import { makeEntryLink } from '../../sync-server/start.ts'
import { freshId, type WireDevice } from '../harness/wireWorld.ts'
import type { Heard, HostileCase } from './HostileCase.ts'
import type { HostileGround } from './HostileGround.ts'
import type { Sending } from './httpAsk.ts'
import { problemOf } from './problemOf.ts'

type Row = [name: string, status: number, code: string, make: (ground: HostileGround) => Sending | Promise<Sending>]

const as = (asked: WireDevice, cookie: string | undefined = asked.cookie): Sending => ({
  body: asked.request(),
  cookie,
})
const person = (secret: string, more: object = {}) => ({ secret, name: '阿珍', deviceName: '手机', ...more })
const enrol = (secret: string, more: object = {}): Sending => ({ path: '/api/enrol', body: person(secret, more) })
const enter = (secret: string, more: object = {}): Sending => ({ path: '/api/enter', body: person(secret, more) })
const nobody = 'x'.repeat(43)

const ROWS: Row[] = [
  ['another device’s id', 403, 'device_mismatch', (g) => as(g.stranger, g.member.cookie)],
  ['a revoked device', 401, 'device_revoked', ({ revoked }) => as(revoked)],
  ['a revoked device that pushes', 401, 'device_revoked', (g) => pushing(g, g.revoked)],
  ['a superseded token', 401, 'token_superseded', ({ superseded }) => as(superseded)],
  ['a superseded token that pushes', 401, 'token_superseded', (g) => pushing(g, g.superseded)],
  ['no cookie', 401, 'unauthenticated', ({ member }) => ({ body: member.request() })],
  ['a token that nobody holds', 401, 'unauthenticated', (g) => as(g.member, `${g.community}.${nobody}`)],
  ['a token in another community', 401, 'unauthenticated', (g) => as(g.member, `${freshId()}.${tokenOf(g.member)}`)],
  [
    'a token of here in the community next door',
    401,
    'unauthenticated',
    (g) => as(g.member, `${g.elsewhereOfficer.standing.community.id}.${tokenOf(g.member)}`),
  ],
  ['a cookie that is none', 401, 'unauthenticated', ({ member }) => as(member, "' or 1=1 --")],
  ['a cookie of 6 KB', 401, 'unauthenticated', ({ member }) => as(member, 'a'.repeat(6_000))],
  ['two cookies, the false one first', 401, 'unauthenticated', (g) => as(g.member, `x; qiaomen=${g.member.cookie}`)],
  ['who am I, without a cookie', 401, 'unauthenticated', () => ({ method: 'GET', path: '/api/me', body: undefined })],
  [
    'the stream, without a cookie',
    401,
    'unauthenticated',
    () => ({ method: 'GET', path: '/api/live', body: undefined }),
  ],
  [
    'an officer’s page, asked for by a member',
    404,
    'not_found',
    ({ member }) => ({ method: 'GET', path: '/api/recovery', body: undefined, cookie: member.cookie }),
  ],
  [
    'clearing a phone that is in use',
    404,
    'not_found',
    ({ member }) => ({ path: '/api/clear-site', body: {}, cookie: member.cookie }),
  ],
  ['clearing a phone, without a cookie', 401, 'unauthenticated', () => ({ path: '/api/clear-site', body: {} })],
  [
    'clearing a phone, from another site',
    403,
    'csrf',
    ({ member }) => ({
      path: '/api/clear-site',
      body: {},
      cookie: member.cookie,
      headers: { 'sec-fetch-site': 'cross-site' },
    }),
  ],
  ['an invitation that never was', 410, 'invite_dead', () => enrol('ABCD-EFGH')],
  ['a link that never was', 410, 'invite_dead', ({ community }) => enter(`${community}.${nobody}`)],
  ['a link of a community that never was', 410, 'invite_dead', () => enrol(`${freshId()}.${nobody}`)],
  ['an entrance of a community that never was', 410, 'invite_dead', () => enter(`${freshId()}.${nobody}`)],
  ['an invitation that was used', 410, 'invite_dead', async (ground) => enrol(await usedInvite(ground))],
  ['an invitation that was taken back', 410, 'invite_dead', async (ground) => enrol(await withdrawnInvite(ground))],
  ['an invitation in the wrong community', 410, 'invite_dead', async (ground) => enrol(await movedInvite(ground))],
  ['an invitation at the operator’s door', 410, 'invite_dead', async (g) => enter((await g.invite()).link)],
  [
    'an operator’s link that has expired',
    410,
    'invite_dead',
    async (g) => enter(await makeEntryLink(g.context, g.community, { role: 'officer', minutes: -1 })),
  ],
  ['an operator’s link that was used', 410, 'invite_dead', async (ground) => enter(await usedLink(ground))],
  ['an operator’s link at the door of invitations', 410, 'invite_dead', async (g) => enrol(await link(g))],
  ['an enrolment that asks for a role', 400, 'bad_request', () => enrol('ABCD-EFGH', { role: 'officer' })],
  ['an enrolment without a name', 400, 'bad_request', async (g) => enrol((await g.invite()).link, { name: undefined })],
  [
    'an enrolment with U+0000 in its name',
    400,
    'bad_request',
    async (g) => enrol((await g.invite()).link, { name: 'a\0' }),
  ],
  ['a secret of 200 KB', 400, 'bad_request', () => enrol('A'.repeat(200_000))],
  ['a secret of a megabyte', 413, 'too_large', () => enrol('A'.repeat(1_000_000))],
  [
    'a secret that is a list',
    400,
    'bad_request',
    () => ({ path: '/api/enrol', body: { ...person(''), secret: ['x'] } }),
  ],
  [
    'an enrolment from another site',
    403,
    'csrf',
    async (g) => ({ ...enrol((await g.invite()).link), headers: { 'sec-fetch-site': 'cross-site' } }),
  ],
  [
    'an invitation in a GET',
    404,
    'not_found',
    async (g) => ({ method: 'GET', path: `/api/enrol?secret=${(await g.invite()).link}` }),
  ],
]

const tokenOf = ({ cookie }: WireDevice) => cookie.split('.')[1] ?? ''
const link = (ground: HostileGround) => makeEntryLink(ground.context, ground.community, { role: 'officer' })

function pushing(ground: HostileGround, device: WireDevice): Sending {
  ground.freshLane(device)
  return { body: device.request([ground.visit({}, {}, device)]), cookie: device.cookie }
}
async function mustEnter(ground: HostileGround, sending: Sending): Promise<void> {
  const { status, text } = await ground.ask(sending)
  if (status !== 200) throw new Error(`${status} ${text}`)
}
async function usedInvite(ground: HostileGround): Promise<string> {
  const { link: secret } = await ground.invite()
  await mustEnter(ground, enrol(secret))
  return secret
}
async function usedLink(ground: HostileGround): Promise<string> {
  const secret = await link(ground)
  await mustEnter(ground, enter(secret))
  return secret
}
async function withdrawnInvite(ground: HostileGround): Promise<string> {
  const { link: secret, inviteId } = await ground.invite()
  const args = { inviteId, teamId: ground.street.teamIds[0] }
  await ground.mustApply(ground.officer, [ground.officer.command('invite/withdraw', args)])
  return secret
}
async function movedInvite(ground: HostileGround): Promise<string> {
  const { link: secret } = await ground.invite()
  return `${ground.elsewhereOfficer.standing.community.id}.${secret.split('.')[1]}`
}

async function twentyAtOnce(ground: HostileGround): Promise<Heard> {
  const { link: secret } = await ground.invite()
  const answers = await Promise.all(Array.from({ length: 20 }, () => ground.ask(enrol(secret))))
  const taken = answers.filter(({ status }) => status === 200).length
  const dead = answers.filter((answer) => problemOf(answer).code === 'invite_dead').length
  return { status: 200, code: `${taken} in, ${dead} dead` }
}

const QUIET: Pick<HostileCase, 'subject' | 'mayChange'> = { subject: 'flood', mayChange: false }

/** The last ones: whoever floods is locked out for a minute. */
export const floodCases: HostileCase[] = [
  {
    ...{ ...QUIET, name: 'guesses of one address', status: 429, code: 'too_many_requests' },
    async ask(ground) {
      const guess = () => ground.ask({ ...enrol('ABCD-EFGH'), from: '192.0.2.1' })
      let last = await guess()
      for (let tries = 1; tries < 60; tries++) last = await guess()
      if (last.status !== 410) return { status: last.status, code: 'locked out before 60 tries' }
      return afterWait(await guess(), await ground.ask({ ...enrol('ABCD-EFGH'), from: '192.0.2.2' }), 410)
    },
  },
  {
    ...{ ...QUIET, name: 'requests of one phone', status: 429, code: 'too_many_requests' },
    async ask(ground) {
      const asking = (device: WireDevice) =>
        ground.ask({ method: 'GET', path: '/api/me', cookie: device.cookie, from: '192.0.2.3' })
      let last = await asking(ground.member)
      for (let more = 0; last.status === 200 && more <= LIMITS.requestsPerMinute; more++)
        last = await asking(ground.member)
      return afterWait(last, await asking(ground.stranger), 200)
    },
  },
]

/** A refused flood names the time to wait; a neighbour is not locked out with it. */
function afterWait(answer: Parameters<typeof problemOf>[0], neighbour: { status: number }, expected: number): Heard {
  const heard = problemOf(answer)
  const wait = Number(answer.headers['retry-after'])
  if (!(wait > 0 && wait <= 60)) return { ...heard, wrong: `Retry-After is ${answer.headers['retry-after']}` }
  return neighbour.status === expected ? heard : { ...heard, wrong: `the neighbour hears ${neighbour.status}` }
}

export const identityCases: HostileCase[] = [
  ...ROWS.map(([name, status, code, make]): HostileCase => {
    const made = new WeakMap<HostileGround, Sending>()
    return {
      ...{ subject: 'identity', name, status, code, mayChange: false },
      prepare: async (ground) => void made.set(ground, await make(ground)),
      ask: async (ground) => problemOf(await ground.ask(made.get(ground) ?? {})),
    }
  }),
  {
    ...{ subject: 'identity', name: '20 parallel uses of an invitation', status: 200, mayChange: true },
    code: '1 in, 19 dead',
    ask: twentyAtOnce,
  },
]
