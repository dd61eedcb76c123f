import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256Hex } from '../../src/domain/hash.ts'
import { DAY_MS } from '../../src/protocol/limits.ts'
import { makeEntryLink } from '../../sync-server/start.ts'
import { prune, RETENTION } from '../../sync-server/pruning.ts'
import { readKindAfter } from '../../sync-server/storage/records.ts'
import { databaseHash } from '../harness/databaseHash.ts'
import { freshId, type Street, type WireDevice, WireWorld } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

const daysOf = (what: (typeof RETENTION)[number]['what']) => RETENTION.find((rule) => rule.what === what)!.days!

onEachDatabase((place) => {
  let world: WireWorld
  let officer: WireDevice
  let street: Street
  beforeEach(async () => {
    world = await WireWorld.open(await place.empty())
    officer = await world.enter({ role: 'officer' })
    street = await world.street(officer)
  })
  afterEach(() => world.close())

  const rows = (kind: string) => readKindAfter(world.db, world.community, kind, '', 1_000)
  const bodies = async (kind: string) =>
    (await rows(kind)).map((row) => JSON.parse(row.body) as Record<string, unknown>)
  const invite = async (minutes = 60) => {
    const terms = {
      role: 'member',
      teamId: street.teamIds[0],
      memberId: null,
      codeHash: null,
      label: '新队员',
      minutes,
    }
    const secretHash = sha256Hex(freshId())
    const [answer] = await world.push(officer, [officer.command('invite/create', { ...terms, secretHash })])
    expect(answer).toMatchObject({ result: 'applied' })
  }
  /** A visit that nobody granted waits for its leader; `settle` says what becomes of it. */
  const hold = async (settle: boolean) => {
    const member = await world.enter({ role: 'member', team: street.teamIds[1] })
    const visit = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label: '101' }
    const knock = member.command(
      'visit/record',
      { ...visit, outcome: 'met', sessionId: null },
      { claimedAt: world.clock.now() },
    )
    expect(await world.push(member, [knock])).toMatchObject([{ result: 'held' }])
    const waiting = (await bodies('hold')).find((entry) => entry['commandId'] === knock.id)!
    if (!settle) return knock
    const settling = officer.command('hold/settle', { holdId: waiting['id'], teamId: waiting['teamId'], counts: true })
    expect(await world.push(officer, [settling])).toMatchObject([{ result: 'applied' }])
    return knock
  }

  test('every table has a line that says how long it stays and why, and so has each thing that people ask about', async () => {
    const tables = await world.db.introspection.getTables()
    const names = tables.flatMap(({ name, isView }) => (isView ? [] : [name]))
    expect([...new Set<string>(RETENTION.map(({ table }) => table))].sort()).toEqual(names.sort())
    // Answers lie with their commands.
    const asked = ['commands', 'held payloads', 'devices', 'device tokens', 'settled holds', 'late answers']
    const lines = RETENTION.map(({ what }) => what as string)
    expect(lines).toEqual(expect.arrayContaining(asked))
    expect(new Set(lines).size).toBe(lines.length)
    for (const { why, days } of RETENTION) {
      expect(why).toMatch(/^\p{Lu}.{20,}\.$/u)
      expect(days === null || days > 0).toBe(true)
    }
  })

  test('what is within its time is kept to the last row', async () => {
    await invite()
    await hold(true)
    await makeEntryLink(world.context, world.community, { role: 'member', team: street.teamIds[0] })
    world.clock.tick((daysOf('invitations') - 1) * DAY_MS)
    const before = await databaseHash(world.db)
    expect(await prune(world.context)).toEqual({ invite: 0, hold: 0, lateAnswer: 0, entryLink: 0, deviceToken: 0 })
    expect(await databaseHash(world.db)).toBe(before)
  })

  test('dead invitations and links go; the phones that hold them get a tombstone', async () => {
    await invite()
    const first = await world.sync(officer, [], { pull: true })
    expect(first.changes.some((change) => change.kind === 'invite')).toBe(true)
    world.clock.tick((daysOf('invitations') + 1) * DAY_MS)
    const counted = await prune(world.context, true)
    expect(counted).toMatchObject({ invite: 1 })
    expect(counted.entryLink).toBeGreaterThan(0)
    expect(await rows('invite')).toHaveLength(1)
    expect(await prune(world.context)).toEqual(counted)
    expect(await rows('invite')).toHaveLength(0)
    const next = await world.sync(officer, [], { pull: true, cursor: first.cursor, membership: first.membership })
    expect(next.changes.filter((change) => change.kind === 'invite')).toMatchObject([{ body: null }])
    expect(await prune(world.context)).toEqual({ invite: 0, hold: 0, lateAnswer: 0, entryLink: 0, deviceToken: 0 })
  })

  test('[SYNC-2] settled holds go after their time, waiting ones never, and a repeat is answered as before', async () => {
    const settled = await hold(true)
    const waiting = await hold(false)
    const visits = await rows('visit')
    world.clock.tick((daysOf('settled holds') + 1) * DAY_MS)
    expect(await prune(world.context)).toMatchObject({ hold: 1, lateAnswer: 1 })
    expect((await bodies('hold')).map((entry) => entry['commandId'])).toEqual([waiting.id])
    expect(await rows('visit')).toEqual(visits)
    const held = await world.db.selectFrom('held').select('id').execute()
    expect(held.map((row) => row.id)).toContain(waiting.id)
    const commands = await world.db
      .selectFrom('command')
      .select('id')
      .where('id', 'in', [settled.id, waiting.id])
      .execute()
    expect(commands).toHaveLength(2)
  })

  test('[SYNC-5] an answer that came after a year is kept until its phone has had the time to hear it', async () => {
    const waiting = await hold(false)
    world.clock.tick((daysOf('late answers') + 1) * DAY_MS)
    const [held] = (await bodies('hold')).filter((entry) => entry['commandId'] === waiting.id)
    const settle = { holdId: held!['id'], teamId: held!['teamId'], counts: true }
    expect(await world.push(officer, [officer.command('hold/settle', settle)])).toMatchObject([{ result: 'applied' }])
    world.clock.tick(DAY_MS / 2)
    expect(await prune(world.context)).toMatchObject({ lateAnswer: 0 })
    world.clock.tick((daysOf('late answers') + 1) * DAY_MS)
    expect(await prune(world.context)).toMatchObject({ lateAnswer: 1 })
  })

  test('two hundred and fifty dead invitations go in slices', async () => {
    for (let n = 0; n < 25; n++) {
      const secrets = Array.from({ length: 10 }, () => freshId())
      const terms = {
        role: 'member',
        teamId: street.teamIds[0],
        memberId: null,
        codeHash: null,
        label: '',
        minutes: 60,
      }
      await world.push(
        officer,
        secrets.map((secret) => officer.command('invite/create', { ...terms, secretHash: sha256Hex(secret) })),
      )
    }
    expect(await rows('invite')).toHaveLength(250)
    world.clock.tick((daysOf('invitations') + 1) * DAY_MS)
    expect(await prune(world.context)).toMatchObject({ invite: 250 })
    expect(await rows('invite')).toHaveLength(0)
  })
})
