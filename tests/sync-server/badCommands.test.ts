import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId } from '../../src/domain/hash.ts'
import type { Body, KindName } from '../../src/domain/kinds.ts'
import type { Answer, SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import { readHeldRow } from '../../sync-server/storage/enrolments.ts'
import { readRecords } from '../../sync-server/storage/records.ts'
import { databaseHash } from '../harness/databaseHash.ts'
import { type Street, type WireDevice, WireWorld } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

interface Ground {
  world: WireWorld
  officer: WireDevice
  member: WireDevice
  street: Street
}

type Change = Record<string, unknown>

onEachDatabase((place) => {
  let ground: Ground
  beforeAll(async () => {
    const world = await WireWorld.open(await place.empty())
    const officer = await world.enter({ role: 'officer' })
    const street = await world.street(officer)
    const member = await world.enter({ role: 'member', team: street.teamIds[0] })
    ground = { world, officer, member, street }
  })
  afterAll(() => ground.world.close())

  /** A visit that nothing is wrong with, but for what `args` say. */
  function visit(args: Change = {}): WireCommand {
    const { member, street } = ground
    const where = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label: '101' }
    return member.command('visit/record', { ...where, outcome: 'met', sessionId: null, ...args })
  }

  async function push(device: WireDevice, commands: readonly unknown[]): Promise<Answer[]> {
    const { world } = ground
    const answer = await world.post('/api/sync', JSON.stringify(device.request(commands)), { cookie: device.cookie })
    if (answer.statusCode !== 200) throw new Error(answer.body)
    expect(answer.json<SyncAnswer>().lane).toBeNull()
    return answer.json<SyncAnswer>().answers
  }

  /** Pushes a command between two good ones, twice, and gives its answer. */
  async function pushBetween(bad: WireCommand, before: WireCommand, after: WireCommand): Promise<Answer> {
    const { world, member } = ground
    const answers = await push(member, [before, bad, after])
    expect(answers.map((answer) => answer.id)).toEqual([before.id, bad.id, after.id])
    expect([answers[0]?.result, answers[2]?.result]).toEqual(['applied', 'applied'])
    const stood = await databaseHash(world.db)
    expect(await push(member, [before, bad, after])).toEqual(answers.map((answer) => ({ ...answer, again: true })))
    expect(await databaseHash(world.db)).toBe(stood)
    return answers[1]!
  }

  const between = async (args: Change) => {
    const before = visit()
    const bad = visit(args)
    return { command: bad, answer: await pushBetween(bad, before, visit()) }
  }

  async function bodyOf<K extends KindName>(kind: K, id: string): Promise<Body<K>> {
    const [row] = await readRecords(ground.world.db, ground.world.community, [{ kind, id }])
    return JSON.parse(row?.body ?? 'null') as Body<K>
  }

  describe('[SYNC-2] the same again', () => {
    test('one id with other content is a conflict that gives nothing away, whoever sends it', async () => {
      const { world, member, officer } = ground
      const first = visit()
      await push(member, [first])
      const before = await databaseHash(world.db)
      const conflict = [{ id: first.id, result: 'refused', code: 'id_conflict', again: true }]
      expect(await push(member, [{ ...first, args: { ...(first.args as object), label: '102' } }])).toEqual(conflict)
      expect(await push(member, [{ ...first, claimedAt: first.claimedAt + 1 }])).toEqual(conflict)
      expect(await push(member, [{ n: first.n, id: first.id }])).toEqual(conflict)
      expect(await databaseHash(world.db)).toBe(before)
      expect(await push(officer, [officer.command('team/save', {}, { id: first.id })])).toEqual(conflict)
    })

    test('the same command twice in one batch counts once', async () => {
      const { member } = ground
      const twice = visit()
      const [first, second] = await push(member, [twice, twice])
      expect(first?.result).toBe('applied')
      expect(second).toEqual({ ...first, again: true })
    })

    test('one id twice in one batch with other content: the first counts', async () => {
      const { member } = ground
      const first = visit()
      const answers = await push(member, [first, { ...first, args: { ...(first.args as object), label: '102' } }])
      expect(answers).toMatchObject([{ result: 'applied' }, { result: 'refused', code: 'id_conflict' }])
    })
  })

  describe('[SYNC-3] a poison command', () => {
    test('that the database itself refuses is held with its payload, the operator hears of it, the lane goes on', async () => {
      const { world } = ground
      await refuseRecords(world, place.kind, '毒门')
      const heard = world.faults.length
      const { command, answer } = await between({ label: '毒门', level: 2 })
      expect(answer).toEqual({ id: command.id, result: 'held', until: 'fault' })
      expect(world.faults.length).toBeGreaterThan(heard)
      const kept = await readHeldRow(world.db, world.community, command.id)
      expect(JSON.parse(kept?.raw ?? '')).toEqual(command)
      expect(await doorsOf()).not.toContain('毒门')
    })

    test('whose very hold the database refuses is kept in silence, and the lane goes on', async () => {
      const { world } = ground
      await refuseRecords(world, place.kind, '哑门', 'nothing')
      const { command, answer } = await between({ label: '哑门', level: 2 })
      expect(answer).toEqual({ id: command.id, result: 'held', until: 'fault' })
      expect(JSON.parse((await readHeldRow(world.db, world.community, command.id))?.raw ?? '')).toEqual(command)
    })

    test('that names somebody else’s evening is a visit of no evening, and the lane goes on', async () => {
      const { world, member, street } = ground
      const mate = await world.enter({ role: 'member', team: street.teamIds[0] })
      const begun = mate.command('session/start', { roundId: street.roundId, partnerIds: [] })
      const sessionId = mintId(begun.id, '0')
      const own = { ...(visit().args as object), sessionId }
      member.n--
      await push(mate, [begun, mate.command('visit/record', own)])
      const before = await bodyOf('sessionTally', sessionId)
      expect(Object.keys(before.visits)).toHaveLength(1)
      const { answer } = await between({ sessionId })
      expect(answer.result).toBe('applied')
      expect(await bodyOf('sessionTally', sessionId)).toEqual(before)
    })

    async function doorsOf(): Promise<string[]> {
      return (await bodyOf('stairwell', ground.street.stairwellIds[0])).doors.map((door) => door.label)
    }
  })
})

/** Makes the database refuse every record that holds a word, save those of one kind: what only tells a leader of it. */
async function refuseRecords(
  world: WireWorld,
  kind: 'sqlite' | 'postgres',
  word: string,
  save = 'hold',
): Promise<void> {
  if (kind === 'postgres') {
    const check = `alter table "record" add constraint "noPoison_${save}" check ("kind" = '${save}' or position('${word}' in "body"::text) = 0)`
    await sql.raw(check).execute(world.db)
    return
  }
  for (const event of ['insert', 'update']) {
    const when = `new."kind" <> '${save}' and instr(new."body", '${word}') > 0`
    const trigger = `create trigger "noPoison_${save}_${event}" before ${event} on "record" when ${when}`
    await sql.raw(`${trigger} begin select raise(abort, 'refused'); end`).execute(world.db)
  }
}
