import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId, sha256Hex } from '../../src/domain/hash.ts'
import type { Body, KindName } from '../../src/domain/kinds.ts'
import { bondAt } from '../../src/domain/records/member.ts'
import { mintDoorId } from '../../src/domain/records/stairwell.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { Answer } from '../../src/protocol/sync.ts'
import { makeEntryLink } from '../../sync-server/start.ts'
import { readRecords } from '../../sync-server/storage/records.ts'
import { databaseHash, databaseRows } from '../harness/databaseHash.ts'
import { deviceOf, freshId, type Street, type WireDevice, WireWorld } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

const MINUTE_MS = 60_000
const DEAD = JSON.stringify({ type: 'about:blank', title: 'invite_dead', status: 410, code: 'invite_dead' })

interface Invitation {
  inviteId: string
  /** What stands behind the hash of the link. */
  link: string
  secret: string
  code: string
}

onEachDatabase((place) => {
  let world: WireWorld
  let officer: WireDevice
  let leader: WireDevice
  let street: Street
  beforeAll(async () => {
    world = await WireWorld.open(await place.empty())
    officer = await world.enter({ role: 'officer' })
    street = await world.street(officer)
    leader = await world.enter({ role: 'leader', team: street.teamIds[0] })
  })
  afterAll(() => world.close())

  let codes = 0
  /** Eight letters, another eight each time. */
  const nextCode = () =>
    `KNCKDR${String.fromCharCode(65 + (codes % 26))}${String.fromCharCode(65 + Math.floor(codes++ / 26))}`

  async function ask(by: WireDevice, change: Record<string, unknown> = {}): Promise<Invitation & { answer: Answer }> {
    const [secret, code] = [`${freshId()}${freshId()}`, nextCode()]
    const hashes = { secretHash: sha256Hex(secret), codeHash: sha256Hex(code) }
    const asked = { role: 'member', teamId: street.teamIds[0], ...hashes, label: '', minutes: 15, ...change }
    const command = by.command('invite/create', asked)
    const [answer] = await world.push(by, [command])
    return { inviteId: mintId(command.id, '0'), link: `${world.community}.${secret}`, secret, code, answer: answer! }
  }

  async function invite(by: WireDevice = leader, change: Record<string, unknown> = {}): Promise<Invitation> {
    const invitation = await ask(by, change)
    expect(invitation.answer.result).toBe('applied')
    return invitation
  }

  const enrol = (secret: string, change: Record<string, unknown> = {}) =>
    world.post('/api/enrol', { secret, name: '阿珍', deviceName: '红色手机', ...change })

  async function bodyOf<K extends KindName>(kind: K, id: string): Promise<Body<K>> {
    const [row] = await readRecords(world.db, world.community, [{ kind, id }])
    return JSON.parse(row?.body ?? 'null') as Body<K>
  }

  const confirmation = (device: WireDevice, change: Record<string, unknown> = {}) => {
    const { memberId, deviceId, matchCode } = device.standing
    return { deviceId, memberId, teamId: street.teamIds[0], matchCode, ...change }
  }

  const confirm = async (device: WireDevice, by: WireDevice = leader, change: Record<string, unknown> = {}) =>
    (await world.push(by, [by.command('device/confirm', confirmation(device, change))]))[0]!

  describe('an invitation', () => {
    test('lets one phone in as pending, with six digits to compare and no rights', async () => {
      const answer = await enrol((await invite()).link)
      expect(answer.statusCode).toBe(200)
      const standing = answer.json<Standing>()
      expect(standing).toMatchObject({ name: '阿珍', state: 'pending', role: null, teamId: null })
      expect(standing.matchCode).toMatch(/^[0-9]{6}$/)
      expect(standing.community).toEqual({ id: world.community, name: '石榴桥社区' })
      const me = await world.get('/api/me', { cookie: deviceOf(answer).cookie })
      expect(me.json()).toEqual(standing)
      expect((await bodyOf('member', standing.memberId)).bonds).toEqual([])
    })

    const spellings: [story: string, spell: (code: string) => string][] = [
      ['as it is', (code) => code],
      ['with a dash', (code) => `${code.slice(0, 4)}-${code.slice(4)}`],
      ['in small letters', (code) => code.toLowerCase()],
      ['in small letters with dashes everywhere', (code) => [...code.toLowerCase()].join('-')],
    ]
    test.for(spellings)('may be spelt out by its short code, %s', async ([, spell]) => {
      expect((await enrol(spell((await invite()).code))).statusCode).toBe(200)
    })

    test('is used up by either of its two names', async () => {
      const [one, two] = [await invite(), await invite()]
      expect((await enrol(one.link)).statusCode).toBe(200)
      expect((await enrol(one.code)).body).toBe(DEAD)
      expect((await enrol(two.code)).statusCode).toBe(200)
      expect((await enrol(two.link)).body).toBe(DEAD)
      expect((await bodyOf('invite', one.inviteId)).state).toBe('used')
    })

    test('is good to the last millisecond and not a moment longer', async () => {
      const [early, late] = [await invite(), await invite()]
      world.clock.tick(15 * MINUTE_MS - 1)
      expect((await enrol(early.link)).statusCode).toBe(200)
      world.clock.tick(1)
      expect((await enrol(late.link)).body).toBe(DEAD)
    })

    test('that is dead gives one answer, whatever it died of, and changes nothing', async () => {
      const [used, withdrawn, expired, alive] = [
        await invite(),
        await invite(),
        await invite(leader, { minutes: 1 }),
        await invite(),
      ]
      await enrol(used.link)
      const back = leader.command('invite/withdraw', { inviteId: withdrawn.inviteId, teamId: street.teamIds[0] })
      expect(await world.push(leader, [back])).toMatchObject([{ result: 'applied' }])
      world.clock.tick(2 * MINUTE_MS)
      const elsewhere = await world.otherCommunity()
      const before = await databaseHash(world.db)
      const dead = [
        ...[used, withdrawn, expired].flatMap(({ link, code }) => [link, code]),
        `${world.community}.${freshId()}${freshId()}`,
        `${elsewhere}.${alive.secret}`,
        `${freshId()}.${alive.secret}`,
        `${world.community}.${alive.secret.toLowerCase()}`,
        alive.secret,
        'ABCDEFGH',
      ]
      const answers = await Promise.all(dead.map((secret) => enrol(secret)))
      expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`))).toEqual(new Set([`410 ${DEAD}`]))
      for (const answer of answers) expect(answer.headers['set-cookie']).toBeUndefined()
      expect(await databaseHash(world.db)).toBe(before)
      expect((await enrol(alive.link)).statusCode).toBe(200)
    })

    test('is not used up by an attempt that fails, and opening the link does nothing', async () => {
      const { link } = await invite()
      const before = await databaseHash(world.db)
      const failed = [
        await enrol(link, { name: ' ' }),
        await enrol(link, { name: '珍'.repeat(21) }),
        await enrol(link, { role: 'officer' }),
        await world.post(
          '/api/enrol',
          { secret: link, name: '阿珍', deviceName: '' },
          { headers: { 'sec-fetch-site': 'cross-site' } },
        ),
        await world.get('/api/enrol'),
        await world.get(`/join?secret=${link}`),
      ]
      expect(failed.map((answer) => answer.statusCode)).toEqual([400, 400, 400, 403, 404, 404])
      expect(await databaseHash(world.db)).toBe(before)
      expect((await enrol(link)).statusCode).toBe(200)
    })

    test('can be used or withdrawn, not both', async () => {
      const { inviteId, link } = await invite()
      await enrol(link)
      const back = leader.command('invite/withdraw', { inviteId, teamId: street.teamIds[0] })
      expect(await world.push(leader, [back])).toMatchObject([{ result: 'refused', code: 'invite_dead' }])
    })

    test('leaves no secret in the database: neither its own, nor its code, nor the phone’s', async () => {
      const { link, secret, code } = await invite()
      const { cookie } = deviceOf(await enrol(link))
      const rows = (await databaseRows(world.db)).join('\n')
      for (const hidden of [secret, code, cookie.split('.')[1]!]) expect(rows).not.toContain(hidden)
    })
  })

  describe('who may invite whom', () => {
    const rules: [story: string, who: 'leader' | 'member', asked: () => Record<string, unknown>][] = [
      ['a leader invites no officer', 'leader', () => ({ role: 'officer' })],
      ['a leader invites no officer without a team', 'leader', () => ({ role: 'officer', teamId: null })],
      ['a leader invites nobody without a team', 'leader', () => ({ teamId: null })],
      ['a leader invites nobody into another team', 'leader', () => ({ teamId: street.teamIds[1] })],
      ['a member invites nobody', 'member', () => ({})],
    ]
    test.for(rules)('%s', async ([, who, asked]) => {
      const by = who === 'leader' ? leader : await world.enter({ role: 'member', team: street.teamIds[0] })
      const { answer, link } = await ask(by, asked())
      expect(answer).toMatchObject({ result: 'refused', code: 'not_allowed' })
      expect((await enrol(link)).body).toBe(DEAD)
    })

    test('a leader invites another leader; an officer invites an officer, who confirms like everybody', async () => {
      const second = deviceOf(await enrol((await invite(leader, { role: 'leader' })).link))
      expect((await confirm(second)).result).toBe('applied')
      const invitation = await invite(officer, { role: 'officer', teamId: null })
      const colleague = deviceOf(await enrol(invitation.link))
      expect(await confirm(colleague, leader, { teamId: null })).toMatchObject({ code: 'not_allowed' })
      expect((await confirm(colleague, officer, { teamId: null })).result).toBe('applied')
      const standing = (await world.get('/api/me', { cookie: colleague.cookie })).json<Standing>()
      expect(standing).toMatchObject({ role: 'officer', teamId: null, state: 'active', matchCode: null })
    })

    test('an invitation into a team that is not there is refused', async () => {
      expect((await ask(officer, { teamId: freshId() })).answer).toMatchObject({ result: 'refused', code: 'not_found' })
    })
  })

  describe('a pending phone', () => {
    const knock = (device: WireDevice, label: string) =>
      device.command('visit/record', {
        stairwellId: street.stairwellIds[0],
        roundId: street.roundId,
        level: 1,
        label,
        outcome: 'met',
        sessionId: null,
      })

    test('pulls nothing, and what it pushes waits in the order of its lane until somebody confirms it', async () => {
      const device = deviceOf(await enrol((await invite()).link))
      const [stairwellId] = street.stairwellIds
      const doorId = mintDoorId(stairwellId, '108')
      const commands = [
        device.command('door/add', { stairwellId, level: 1, label: '108', kind: 'home' }),
        device.command('door/rename', { stairwellId, doorId, label: '118' }),
        knock(device, '118'),
        device.command('team/save', { teamId: freshId(), baseRevision: 0, name: '我的队' }),
        knock(device, '\u0000'),
      ]
      // Two requests, the first one twice, as over a bad line.
      const first = await world.sync(device, commands.slice(0, 2), { pull: true })
      await world.push(device, commands.slice(0, 2))
      const second = await world.push(device, commands.slice(2))
      expect(first).toMatchObject({
        device: 'pending',
        changes: [],
        dropScopes: [],
        cursor: '',
        reached: 0,
        more: false,
      })
      const waiting = { result: 'held', until: 'pendingDevice' }
      expect([...first.answers, ...second]).toMatchObject(Array(5).fill(waiting))
      const doors = async () => (await bodyOf('stairwell', stairwellId)).doors.filter((door) => door.id === doorId)
      expect(await doors()).toEqual([])

      expect((await confirm(device)).result).toBe('applied')
      expect(await doors()).toMatchObject([{ label: '118', former: ['108'], state: 'toConfirm' }])
      const [one, two, three, four, five] = await world.push(device, commands)
      expect([one, two, three]).toMatchObject(Array(3).fill({ result: 'applied', again: true }))
      expect(four).toMatchObject({ result: 'refused', code: 'not_allowed', again: true })
      expect(five).toMatchObject({ result: 'refused', code: 'bad_text', again: true })
      const pulled = await world.sync(device, [], { pull: true })
      expect(pulled.device).toBe('active')
      const late = pulled.changes.filter((change) => change.kind === 'lateAnswer').map((change) => change.body)
      const told = new Map(
        late.map((body) => [(body as Body<'lateAnswer'>).commandId, (body as Body<'lateAnswer'>).result]),
      )
      expect(commands.map((command) => told.get(command.id))).toEqual([
        'applied',
        'applied',
        'applied',
        'refused',
        'refused',
      ])
      expect(pulled.changes.some((change) => change.kind === 'visit')).toBe(true)
    })

    test('keeps three thousand commands, which are decided in their order once it is confirmed', async () => {
      const device = deviceOf(await enrol((await invite()).link))
      const [stairwellId] = street.stairwellIds
      const from = (await bodyOf('stairwell', stairwellId)).accessNoteRevision
      // Each note stands on the one before: in another order all but one would be refused.
      const commands = Array.from({ length: 3_000 }, (_unused, k) => {
        if (k % 300 !== 0) return knock(device, ['101', '102', '201', '202'][k % 4]!)
        return device.command('stairwell/access-note', {
          stairwellId,
          baseRevision: from + k / 300,
          note: `第${k / 300}条`,
        })
      })
      for (let at = 0; at < commands.length; at += 500) await world.push(device, commands.slice(at, at + 500))
      const held = await world.db.selectFrom('held').select('id').where('device', '=', device.id).execute()
      expect(held).toHaveLength(3_000)
      const begun = performance.now()
      expect((await confirm(device)).result).toBe('applied')
      console.info(`${place.kind}: three thousand commands decided in ${Math.round(performance.now() - begun)} ms`)
      expect(await bodyOf('stairwell', stairwellId)).toMatchObject({
        accessNote: '第9条',
        accessNoteRevision: from + 10,
      })
      const rows = await world.db.selectFrom('command').select('answer').where('device', '=', device.id).execute()
      const results = rows.map(({ answer }) => (JSON.parse(answer) as Answer).result)
      expect(results.filter((result) => result === 'applied')).toHaveLength(3_000)
      expect(await world.db.selectFrom('held').select('id').where('device', '=', device.id).execute()).toEqual([])
    }, 120_000)

    test('stays pending while the digits are wrong, and becomes nobody else’s', async () => {
      const device = deviceOf(await enrol((await invite()).link))
      const wrong = String((Number(device.standing.matchCode) + 1) % 1_000_000).padStart(6, '0')
      const other = await world.enter({ role: 'leader', team: street.teamIds[1] })
      const refusals = [
        await confirm(device, leader, { matchCode: wrong }),
        await confirm(device, leader, { matchCode: '12345' }),
        await confirm(device, leader, { memberId: leader.standing.memberId }),
        await confirm(device, other),
        await confirm(device, other, { teamId: street.teamIds[1] }),
        await confirm(device, await world.enter({ role: 'member', team: street.teamIds[0] })),
      ]
      expect(refusals.map((answer) => answer.result === 'refused' && answer.code)).toEqual([
        'match_code_wrong',
        'bad_field',
        'not_found',
        'not_allowed',
        'not_found',
        'not_allowed',
      ])
      expect(await world.push(device, [device.command('device/confirm', confirmation(device))])).toMatchObject([
        { result: 'held', until: 'pendingDevice' },
      ])
      expect((await bodyOf('device', device.id)).state).toBe('pending')
      expect((await world.get('/api/me', { cookie: device.cookie })).json<Standing>().state).toBe('pending')
      expect((await confirm(device)).result).toBe('applied')
      const bond = bondAt(await bodyOf('member', device.standing.memberId), world.clock.now())
      expect(bond).toMatchObject({ role: 'member', teamId: street.teamIds[0] })
    })

    test('that is turned away is told so, and nothing of it counts', async () => {
      const device = deviceOf(await enrol((await invite()).link))
      const held = knock(device, '101')
      await world.push(device, [held])
      const away = leader.command('device/revoke', { deviceId: device.id, teamId: street.teamIds[0] })
      expect(await world.push(leader, [away])).toMatchObject([{ result: 'applied' }])
      const answer = await world.post('/api/sync', device.request([held]), { cookie: device.cookie })
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, 'device_revoked'])
      expect(await confirm(device)).toMatchObject({ result: 'refused', code: 'not_pending' })
      expect(await bodyOf('visit', mintId(held.id, '0'))).toBeNull()
    })
  })

  describe('a link of the operator', () => {
    const enterBy = (secret: string, change: Record<string, unknown> = { name: '王姨' }) =>
      world.post('/api/enter', { secret, deviceName: '', ...change })

    test('lets one person in, once', async () => {
      const link = await makeEntryLink(world.context, world.community, { role: 'leader', team: street.teamIds[0] })
      const answer = await enterBy(link)
      expect(answer.json()).toMatchObject({ state: 'active', role: 'leader', matchCode: null, name: '王姨' })
      expect((await enterBy(link)).body).toBe(DEAD)
    })

    test('lets somebody in who is known and was never confirmed, and gives no second bond to one who was', async () => {
      const waiting = deviceOf(await enrol((await invite()).link))
      const { memberId: member } = waiting.standing
      const [team, other] = street.teamIds
      for (const [index, at] of [team, other].entries()) {
        const link = await makeEntryLink(world.context, world.community, { role: 'member', member, team: at })
        const answer = await enterBy(link, {})
        expect(answer.json(), `link ${index}`).toMatchObject({
          memberId: member,
          name: '阿珍',
          role: 'member',
          teamId: team,
        })
      }
      expect((await bodyOf('member', member)).bonds).toMatchObject([{ role: 'member', teamId: team, until: null }])
    })

    test('used 20 times at once lets one person in', async () => {
      const link = await makeEntryLink(world.context, world.community, { role: 'member', team: street.teamIds[0] })
      const answers = await Promise.all(Array.from({ length: 20 }, () => enterBy(link)))
      expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1)
      expect(answers.filter((answer) => answer.body === DEAD)).toHaveLength(19)
    })

    test('ends when its time is over', async () => {
      const link = await makeEntryLink(world.context, world.community, { role: 'officer', minutes: 5 })
      world.clock.tick(5 * MINUTE_MS)
      expect((await enterBy(link)).body).toBe(DEAD)
    })

    test('is not used up by an attempt without a name, nor by the founding of a community without one', async () => {
      const community = await world.otherCommunity()
      const link = await makeEntryLink(world.context, community, { role: 'officer' })
      const before = await databaseHash(world.db)
      const person = { name: '王姨' }
      for (const change of [{}, person, { community: '榕树社区' }, { ...person, community: ' ' }]) {
        expect((await enterBy(link, change)).statusCode).toBe(400)
      }
      expect(await databaseHash(world.db)).toBe(before)
      const founded = await enterBy(link, { ...person, community: ' 榕树社区 ' })
      expect(founded.json()).toMatchObject({ community: { id: community, name: '榕树社区' }, role: 'officer' })
    })

    test('names no community that is founded already, whatever it was sent with', async () => {
      const link = await makeEntryLink(world.context, world.community, { role: 'member', team: street.teamIds[0] })
      const answer = await enterBy(link, { name: '王姨', community: '别的社区' })
      expect(answer.json<Standing>().community.name).toBe('石榴桥社区')
    })
  })

  test('the last officer stays one', async () => {
    const community = await world.otherCommunity()
    const only = await world.enter({ role: 'officer', community })
    const { memberId } = only.standing
    const bonds = [
      { role: 'member', active: true },
      { role: 'officer', active: false },
    ].map((change) => only.command('member/bond', { memberId, teamId: null, ...change }))
    const refused = { result: 'refused', code: 'last_officer' }
    expect(await world.push(only, bonds)).toMatchObject([refused, refused])
  })
})
