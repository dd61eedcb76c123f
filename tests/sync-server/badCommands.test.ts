import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId } from '../../src/domain/hash.ts'
import type { Body, KindName } from '../../src/domain/kinds.ts'
import { mintDoorId } from '../../src/domain/records/stairwell.ts'
import type { Answer, SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import { readHeldRow } from '../../sync-server/storage/enrolments.ts'
import { readRecords } from '../../sync-server/storage/records.ts'
import { databaseHash, databaseRows } from '../harness/databaseHash.ts'
import { freshId, type Street, type WireDevice, WireWorld } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

interface Ground {
  world: WireWorld
  officer: WireDevice
  member: WireDevice
  street: Street
  /** A stairwell of another community on the same database. */
  elsewhere: string
}

type Change = Record<string, unknown>
/** What a command says instead of the good one: in its arguments, and beside them. */
type Bad = [story: string, code: string, args: Change, beside?: Change]

/** Written as it stands: numbers that JavaScript cannot hold. */
const bare = (number: string) => `bare ${number}`
const serialise = (value: unknown) => JSON.stringify(value).replace(/"bare ([^"]+)"/g, '$1')
const protoKey = JSON.parse('{"__proto__":{"role":"officer"}}') as Change
const long = (length: number) => '敲'.repeat(length)

const REFUSED: Bad[] = [
  ['__proto__ among the arguments', 'unknown_field', protoKey],
  ['__proto__ beside the arguments', 'unknown_field', {}, protoKey],
  ['a community of its own choice', 'unknown_field', { community: freshId() }],
  ['an actor of its own choice', 'unknown_field', { actor: { role: 'officer' } }],
  ['a clock of its own choice', 'unknown_field', { clock: 1 }],
  ['a role of its own choice', 'unknown_field', { role: 'officer' }],
  ['an author of its own choice', 'unknown_field', { recordedBy: freshId() }],
  ['a community beside the arguments', 'unknown_field', {}, { community: freshId() }],
  ['an actor beside the arguments', 'unknown_field', {}, { actor: freshId() }],
  ['a clock beside the arguments', 'unknown_field', {}, { clock: 1 }],
  ['a role beside the arguments', 'unknown_field', {}, { role: 'officer' }],
  ['a field that every object has', 'unknown_field', { constructor: 1 }],
  ['U+0000', 'bad_text', { label: '10\u00001' }],
  ['a lone surrogate', 'bad_text', { label: '101\ud800' }],
  ['a lone surrogate in the verb', 'bad_text', {}, { verb: 'visit/\udc00' }],
  ['U+0000 in the verb', 'bad_text', {}, { verb: 'visit\u0000' }],
  ['17 code points for a label', 'too_long', { label: long(17) }],
  ['1,001 code points', 'too_long', { label: long(1_001) }],
  ['41 letters for a verb', 'too_long', {}, { verb: 'v'.repeat(41) }],
  ['1e400', 'bad_field', { level: bare('1e400') }],
  ['-1e400', 'bad_field', { level: bare('-1e400') }],
  ['2^53+1', 'bad_field', {}, { offsetMs: bare('9007199254740993') }],
  ['a floor above the clouds', 'bad_field', { level: 201 }],
  ['a text for a number', 'bad_field', { level: '1' }],
  ['an outcome that is none', 'bad_field', { outcome: 'friendly' }],
  ['an id that is none', 'bad_field', { stairwellId: "' or 1=1 --" }],
  ['a label of nothing but spaces', 'bad_field', { label: ' \u3000' }],
  ['arguments that are a list', 'bad_field', {}, { args: [] }],
  ['arguments that are null', 'bad_field', {}, { args: null }],
  ['arguments that are text', 'bad_field', {}, { args: 'x' }],
  ['no version', 'bad_field', {}, { version: 0 }],
  ['a version as text', 'bad_field', {}, { version: '1' }],
  [
    '"true" for true',
    'bad_field',
    {},
    { verb: 'door/do-not-knock', args: { stairwellId: freshId(), doorId: freshId(), holds: 'true' } },
  ],
  [
    'a revision past 2^53',
    'bad_field',
    {},
    {
      verb: 'stairwell/access-note',
      args: { stairwellId: freshId(), baseRevision: bare('9007199254740993'), note: '' },
    },
  ],
  ['a time with a fraction', 'bad_time', {}, { claimedAt: 0.5 }],
  ['a time as text', 'bad_time', {}, { claimedAt: '2026-11-21' }],
  ['a time without an end', 'bad_time', {}, { claimedAt: bare('1e400') }],
  ['no time', 'bad_time', {}, { claimedAt: null }],
  ['a time that no date can hold', 'bad_time', {}, { claimedAt: 8.64e15 + 1 }],
  ['a last sync with a fraction', 'bad_time', {}, { after: 1.5 }],
  ['a stairwell nowhere', 'not_found', { stairwellId: freshId() }],
  ['a stairwell named like a part of every object', 'not_found', { stairwellId: '__defineGetter__' }],
  [
    'a visit that never was',
    'not_found',
    {},
    { verb: 'visit/void', args: { visitId: '__lookupSetter__', stairwellId: 'here', doorId: freshId() } },
  ],
  [
    'an officer’s verb from a member',
    'not_allowed',
    {},
    { verb: 'team/save', args: { teamId: freshId(), baseRevision: 0, name: '队' } },
  ],
]

const HELD: Bad[] = [
  ['a verb from the future', 'unknownVersion', { colour: 'red' }, { verb: 'door/paint' }],
  ['a verb named like a part of every object', 'unknownVersion', {}, { verb: 'constructor' }],
  ['a verb named __proto__', 'unknownVersion', {}, { verb: '__proto__' }],
  ['a version from the future', 'unknownVersion', { mood: ['happy', null, { deep: true }] }, { version: 2 }],
  ['a verb from the future with U+0000 inside', 'unknownVersion', { note: 'a\u0000\ud800' }, { verb: 'door/paint' }],
  ['a verb from the future with text for arguments', 'unknownVersion', {}, { verb: 'door/paint', args: 'red' }],
  ['a stairwell of another team', 'notGranted', { stairwellId: 'theirs' }],
  ['a round in which nobody was given anything', 'notGranted', { roundId: freshId() }],
]

onEachDatabase((place) => {
  let ground: Ground
  beforeAll(async () => {
    const world = await WireWorld.open(await place.empty())
    const officer = await world.enter({ role: 'officer' })
    const street = await world.street(officer)
    const member = await world.enter({ role: 'member', team: street.teamIds[0] })
    const community = await world.otherCommunity()
    const stranger = await world.enter({ role: 'officer', community })
    const { stairwellIds } = await world.street(stranger)
    ground = { world, officer, member, street, elsewhere: stairwellIds[0] }
  })
  afterAll(() => ground.world.close())

  /** A visit that nothing is wrong with, but for what `args` and `beside` say. */
  function visit(args: Change = {}, beside: Change = {}): WireCommand {
    const { member, street } = ground
    const [here, theirs] = street.stairwellIds
    const named = (id: unknown) => (id === 'here' ? here : id === 'theirs' ? theirs : id)
    const good = { stairwellId: here, roundId: street.roundId, level: 1, label: '101', outcome: 'met', sessionId: null }
    const said = { ...good, ...args }
    const command = member.command('visit/record', { ...said, stairwellId: named(said.stairwellId) }, beside)
    const own = command.args as { stairwellId?: unknown } | null
    if (own?.stairwellId === 'here') own.stairwellId = here
    return command
  }

  async function push(device: WireDevice, commands: readonly unknown[]): Promise<Answer[]> {
    const { world } = ground
    const answer = await world.post('/api/sync', serialise(device.request(commands)), { cookie: device.cookie })
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

  const between = async (args: Change, beside: Change = {}) => {
    const before = visit()
    const bad = visit(args, beside)
    return { command: bad, answer: await pushBetween(bad, before, visit()) }
  }

  async function bodyOf<K extends KindName>(kind: K, id: string): Promise<Body<K>> {
    const [row] = await readRecords(ground.world.db, ground.world.community, [{ kind, id }])
    return JSON.parse(row?.body ?? 'null') as Body<K>
  }

  describe('[SYNC-4] a bad command between two good ones', () => {
    test.for(REFUSED)('%s: refused with %s, the lane goes on, and a repeat hears the same', async (bad) => {
      const [, code, args, beside] = bad
      const { command, answer } = await between(args, beside)
      expect(answer).toEqual({ id: command.id, result: 'refused', code })
    })

    test.for(HELD)('[SYNC-9] %s: held (%s) with its raw payload', async (bad) => {
      const [, until, args, beside] = bad
      const { command, answer } = await between(args, beside)
      expect(answer).toEqual({ id: command.id, result: 'held', until })
      const kept = await readHeldRow(ground.world.db, ground.world.community, command.id)
      expect(JSON.parse(kept?.raw ?? '')).toEqual(JSON.parse(serialise(command)))
      expect(kept?.why).toBe(until)
    })

    test('nothing of a refused one is kept but its answer', async () => {
      const { world, member } = ground
      const rowsOf = async (table: string) =>
        (await databaseRows(world.db)).filter((line) => line.startsWith(`${table} {`)).length
      const before = [await rowsOf('record'), await rowsOf('held'), await rowsOf('projection')]
      const commands = [visit({ label: '\u0000' }), visit({}, { clock: 1 }), visit({ stairwellId: freshId() })]
      await push(member, commands)
      expect([await rowsOf('record'), await rowsOf('held'), await rowsOf('projection')]).toEqual(before)
    })
  })

  describe('[SYNC-5] a wrong clock', () => {
    const clocks: [year: string, claimedAt: number, bound: 'last sync' | 'receipt'][] = [
      ['1970', 0, 'last sync'],
      ['before Christ', -8.64e15, 'last sync'],
      ['2099', Date.UTC(2099, 0, 1), 'receipt'],
      ['the last date there is', 8.64e15, 'receipt'],
    ]
    test.for(clocks)('that stands at %s refuses no visit: it counts, at the time of the %s', async (given) => {
      const [, claimedAt, bound] = given
      const { world } = ground
      const after = world.clock.now()
      world.clock.tick(60_000)
      const command = visit({}, { claimedAt, after })
      const [answer] = await push(ground.member, [command])
      expect(answer).toMatchObject({ result: 'applied' })
      const [row] = await visitsOf(command)
      expect(row?.visitedAt).toBe(bound === 'receipt' ? world.clock.now() : after)
    })

    async function visitsOf(command: WireCommand): Promise<Body<'visit'>[]> {
      return [await bodyOf('visit', mintId(command.id, '0'))]
    }
  })

  describe('text is text', () => {
    const names = [
      '<img src=x onerror=alert(1)>',
      '{{7*7}}${7*7}',
      '\u202Egnp.exe\u202C',
      "'; drop table record;--",
      '=1+1',
      '＠SUM',
    ]
    test.for(names)('%s is stored as it was typed', async (name) => {
      const { world, officer } = ground
      const teamId = freshId()
      const command = officer.command('team/save', { teamId, baseRevision: 0, name })
      expect(await push(officer, [command])).toMatchObject([{ result: 'applied' }])
      expect((await bodyOf('team', teamId)).name).toBe(name)
      const cursors: SyncAnswer[] = [await world.sync(officer, [], { pull: true })]
      const change = cursors[0]!.changes.find((row) => row.id === teamId)
      expect(change?.body).toMatchObject({ name })
    })

    test('decomposed text is composed', async () => {
      const { officer } = ground
      const teamId = freshId()
      await push(officer, [officer.command('team/save', { teamId, baseRevision: 0, name: 'e\u0301q\u0301가' })])
      expect((await bodyOf('team', teamId)).name).toBe('éq\u0301가')
    })
  })

  describe('what is not here', () => {
    const verbs: [verb: string, args: Change][] = [
      ['visit/record', { roundId: 'round', level: 1, label: '101', outcome: 'met', sessionId: null }],
      ['visit/no-entry', { roundId: 'round', reason: 'locked', sessionId: null }],
      ['visit/void', { visitId: freshId(), doorId: freshId() }],
      ['quiz/record', { visitId: freshId(), ruleSetId: 'gz2023', answers: [] }],
      ['door/add', { level: 1, label: '109', kind: 'home' }],
      ['door/rename', { doorId: freshId(), label: '109' }],
      ['door/retire', { doorId: freshId() }],
      ['door/confirm', { doorId: freshId() }],
      ['door/do-not-knock', { doorId: freshId(), holds: true }],
      ['stairwell/access-note', { baseRevision: 0, note: '敲窗' }],
      ['assignment/save', { roundId: 'round', baseRevision: 0, teamId: null, memberIds: [], leaseUntil: null }],
    ]
    test.for(verbs)(
      '%s: a stairwell elsewhere and a stairwell nowhere get the same answer to the byte',
      async (given) => {
        const [verb, args] = given
        const { world, officer, member, street, elsewhere } = ground
        for (const device of [officer, member]) {
          const at = (stairwellId: string) =>
            device.command(verb, { ...args, stairwellId, ...('roundId' in args ? { roundId: street.roundId } : {}) })
          const there = at(elsewhere)
          const nowhere = at(freshId())
          const ask = (command: WireCommand) =>
            world.post('/api/sync', serialise(device.request([command])), { cookie: device.cookie })
          const [first, second] = [await ask(there), await ask(nowhere)]
          expect(first.body.replace(there.id, 'id')).toBe(second.body.replace(nowhere.id, 'id'))
          expect(first.json<SyncAnswer>().answers[0]?.result).toBe('refused')
        }
      },
    )

    test('the other community is not changed by any of it', async () => {
      const { world, officer, elsewhere } = ground
      const rows = async () => (await databaseRows(world.db)).filter((line) => !line.includes(world.community))
      const theirs = async () => (await rows()).filter((line) => line.includes(elsewhere))
      const before = await theirs()
      expect(before.length).toBeGreaterThan(0)
      await push(officer, [
        officer.command('door/add', { stairwellId: elsewhere, level: 1, label: '666', kind: 'home' }),
      ])
      expect(await theirs()).toEqual(before)
    })

    test('an unknown door in a known stairwell is made, 待核实', async () => {
      const { member, street } = ground
      const [stairwellId] = street.stairwellIds
      expect(await push(member, [visit({ level: 3, label: '309' })])).toMatchObject([{ result: 'applied' }])
      const { doors, floors } = await bodyOf('stairwell', stairwellId)
      const made = doors.filter((door) => door.label === '309')
      expect(made).toMatchObject([{ id: mintDoorId(stairwellId, '309'), level: 3, state: 'toConfirm' }])
      expect(floors.map((floor) => floor.level)).toContain(3)
    })
  })

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
