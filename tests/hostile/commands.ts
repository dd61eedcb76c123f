import { mintId } from '../../src/domain/hash.ts'
import type { Body, KindName } from '../../src/domain/kinds.ts'
import { mintDoorId } from '../../src/domain/records/stairwell.ts'
import type { WireCommand } from '../../src/protocol/sync.ts'
import { readHeldRow } from '../../sync-server/storage/enrolments.ts'
import { readRecords } from '../../sync-server/storage/records.ts'
import { freshId, type WireDevice } from '../harness/wireWorld.ts'
import type { Bookkeeping, Heard, HostileCase } from './HostileCase.ts'
import { serialise, wordOf, type HostileGround } from './HostileGround.ts'

type Change = Record<string, unknown>
/** What a command says instead of the good visit: in its arguments, and beside them. */
type Row = [name: string, code: string, args: Change, beside?: Change]

/** Written as it stands: numbers that JavaScript cannot hold. */
const bare = (number: string) => `bare ${number}`
const protoKey = JSON.parse('{"__proto__":{"role":"officer"}}') as Change
const long = (length: number) => '敲'.repeat(length)

const REFUSED: Row[] = [
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
  ['an outcome that every object has', 'bad_field', { outcome: 'toString' }],
  ['an id that is none', 'bad_field', { stairwellId: "' or 1=1 --" }],
  ['an id that is a list', 'bad_field', { stairwellId: ['here'] }],
  ['a label of nothing but spaces', 'bad_field', { label: ' \u3000' }],
  ['arguments that are a list', 'bad_field', {}, { args: [] }],
  ['arguments that are null', 'bad_field', {}, { args: null }],
  ['arguments that are text', 'bad_field', {}, { args: 'x' }],
  ['no version', 'bad_field', {}, { version: 0 }],
  ['a version as text', 'bad_field', {}, { version: '1' }],
  ['"true" for true', 'bad_field', {}, doNotKnock({ holds: 'true' })],
  ['1 for true', 'bad_field', {}, doNotKnock({ holds: 1 })],
  ['a revision past 2^53', 'bad_field', {}, accessNote({ baseRevision: bare('9007199254740993') })],
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

const HELD: Row[] = [
  ['a verb from the future', 'unknownVersion', { colour: 'red' }, { verb: 'door/paint' }],
  ['a verb named like a part of every object', 'unknownVersion', {}, { verb: 'constructor' }],
  ['a verb named __proto__', 'unknownVersion', {}, { verb: '__proto__' }],
  ['a version from the future', 'unknownVersion', { mood: ['happy', null, { deep: true }] }, { version: 2 }],
  ['a verb from the future with U+0000 inside', 'unknownVersion', { note: 'a\u0000\ud800' }, { verb: 'door/paint' }],
  ['a verb from the future with text for arguments', 'unknownVersion', {}, { verb: 'door/paint', args: 'red' }],
  ['a stairwell of another team', 'notGranted', { stairwellId: 'theirs' }],
  ['a round in which nobody was given anything', 'notGranted', { roundId: freshId() }],
]

/** A stairwell elsewhere and a stairwell nowhere are one answer to the byte, whatever one wants of it. */
const NOT_HERE: [verb: string, args: Change][] = [
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

/** Text that is somewhere else a command: stored as it was typed, and come back as it was stored. */
const TEXTS: [typed: string, stored?: string][] = [
  ['<img src=x onerror=alert(1)>'],
  ['{{7*7}}${7*7}'],
  ['\u202Egnp.exe\u202C'],
  ["'; drop table record;--"],
  ['=1+1'],
  ['＠SUM'],
  ['e\u0301q\u0301가', 'éq\u0301가'],
]

function doNotKnock(args: Change): Change {
  const good = { stairwellId: freshId(), doorId: freshId(), holds: true }
  return { verb: 'door/do-not-knock', args: { ...good, ...args } }
}
function accessNote(args: Change): Change {
  return { verb: 'stairwell/access-note', args: { stairwellId: freshId(), baseRevision: 0, note: '', ...args } }
}

function said(ground: HostileGround, args: Change, beside: Change = {}): WireCommand {
  const [here, theirs] = ground.street.stairwellIds
  const at = (given: unknown) => (given === 'here' ? here : given === 'theirs' ? theirs : given)
  const named = (given: unknown) =>
    given !== null && typeof given === 'object' && 'stairwellId' in given
      ? { ...given, stairwellId: at(given.stairwellId) }
      : given
  const besides = 'args' in beside ? { ...beside, args: named(beside['args']) } : beside
  const command = ground.visit(named(args) as Change, besides)
  // A spread would make a prototype of this key, and the request would say nothing of it.
  for (const [target, source] of [
    [command.args, args],
    [command, beside],
  ] as const) {
    if (!Object.hasOwn(source, '__proto__')) continue
    Object.defineProperty(target, '__proto__', { value: source['__proto__'], enumerable: true })
  }
  return command
}

/**
 * What a refused command leaves: its own answer, so that a repeat hears the same (SYNC-4), and its place in its lane
 * (SYNC-2). Of what was asked for it leaves nothing.
 */
const answerOnly = ({ member }: HostileGround): Bookkeeping => ({
  why: 'the answer of the command and its place in the lane are kept (SYNC-2, SYNC-4)',
  allows: ({ table, row }) =>
    (table === 'command' && row['device'] === member.id) ||
    (table === 'lane' && row['incarnation'] === member.incarnation),
})

/** A held command also leaves its payload, and the notice for whoever decides about it, with the clock that it moves. */
const heldOnly = (ground: HostileGround): Bookkeeping => {
  const answer = answerOnly(ground)
  return {
    why: `${answer.why}; what is held is kept whole, and a leader hears of it (SYNC-9)`,
    allows: (line) => {
      const { table, row } = line
      if (answer.allows(line) || table === 'held' || table === 'journal') return true
      if (table === 'clock') return row['community'] === ground.community
      return table === 'record' && row['kind'] === 'hold'
    },
  }
}

/** A bad command alone, then again, then before a good one: the lane goes on, and the answer stays what it was. */
async function refusedThenOn(ground: HostileGround, bad: WireCommand, heard: Heard): Promise<Heard> {
  const stood = (await ground.rows()).join('\n')
  const repeat = await ground.push(ground.member, [bad])
  const [again] = repeat.answers
  if (wordOf(again) !== heard.code || again?.again !== true)
    return { ...heard, wrong: `a repeat hears ${wordOf(again)}` }
  if ((await ground.rows()).join('\n') !== stood) return { ...heard, wrong: 'a repeat changes the database' }
  const { answers, lane } = await ground.push(ground.member, [ground.visit()])
  if (answers[0]?.result !== 'applied' || lane !== null) return { ...heard, wrong: 'the lane does not go on' }
  return heard
}

const sent = new WeakMap<HostileGround, WireCommand>()

function commandCase([name, code, args, beside]: Row, result: 'refused' | 'held'): HostileCase {
  return {
    ...{ subject: 'commands', name, status: 200, code: `${result} ${code}` },
    mayChange: result === 'refused' ? answerOnly : heldOnly,
    prepare: async (ground) => ground.freshLane(),
    async ask(ground) {
      const command = said(ground, args, beside)
      sent.set(ground, command)
      const { answers } = await ground.push(ground.member, [command])
      const heard: Heard = { status: 200, code: wordOf(answers[0]) }
      if (answers.length !== 1 || answers[0]?.id !== command.id) heard.wrong = 'not one answer to one command'
      if (result === 'held') {
        const kept = await readHeldRow(ground.db, ground.community, command.id)
        const whole = JSON.stringify(JSON.parse(serialise(command)))
        if (JSON.stringify(JSON.parse(kept?.raw ?? 'null')) !== whole)
          heard.wrong = 'its payload is not kept as it came'
      }
      return heard
    },
    then: (ground, heard) => refusedThenOn(ground, sent.get(ground)!, heard),
  }
}

function notHereCase([verb, args]: (typeof NOT_HERE)[number], who: 'officer' | 'member'): HostileCase {
  return {
    ...{ subject: 'commands', name: `${verb} of ${who}: elsewhere and nowhere are one`, status: 200, mayChange: true },
    code: 'refused, the same to the byte',
    async ask(ground) {
      const device = ground[who]
      ground.freshLane(device)
      const rows = async () => (await ground.rows()).filter((line) => line.includes(ground.elsewhere))
      const before = await rows()
      const tell = async (stairwellId: string) => {
        const round = 'roundId' in args ? { roundId: ground.street.roundId } : {}
        const command = device.command(verb, { ...args, stairwellId, ...round })
        const { text } = await ground.ask({ body: device.request([command]), cookie: device.cookie })
        return text.replace(command.id, 'id').replace(/"serverTime":\d+/, '')
      }
      const [there, nowhere] = [await tell(ground.elsewhere), await tell(freshId())]
      const isRefused = there.includes('"result":"refused"')
      const code = there !== nowhere ? 'two answers' : isRefused ? 'refused, the same to the byte' : there
      const isQuiet = JSON.stringify(await rows()) === JSON.stringify(before)
      return { status: 200, code, wrong: isQuiet ? undefined : 'something changed elsewhere' }
    },
  }
}

async function bodyOf<K extends KindName>(ground: HostileGround, kind: K, id: string): Promise<Body<K> | null> {
  const [row] = await readRecords(ground.db, ground.community, [{ kind, id }])
  return JSON.parse(row?.body ?? 'null') as Body<K> | null
}

/** A true visit is never refused for a wrong clock: it counts, at the bound that the server knows. */
function clockCase(name: string, claimedAt: number, bound: 'last sync' | 'receipt'): HostileCase {
  return {
    ...{ subject: 'commands', name: `a clock that stands at ${name}`, status: 200, code: 'applied', mayChange: true },
    async ask(ground) {
      ground.freshLane()
      const from = Date.now()
      const after = from
      const command = ground.visit({}, { claimedAt, after })
      const { answers } = await ground.push(ground.member, [command])
      const at = (await bodyOf(ground, 'visit', mintId(command.id, '0')))?.visitedAt ?? 0
      const isClamped = bound === 'last sync' ? at === after : at >= from && at <= Date.now()
      return { status: 200, code: wordOf(answers[0]), wrong: isClamped ? undefined : `it counts at ${at}` }
    },
  }
}

function textCase([typed, stored = typed]: (typeof TEXTS)[number]): HostileCase {
  return {
    ...{ subject: 'commands', name: `the name ${typed}`, status: 200, code: 'applied', mayChange: true },
    async ask(ground) {
      ground.freshLane(ground.officer)
      const teamId = freshId()
      const save = ground.officer.command('team/save', { teamId, baseRevision: 0, name: typed })
      const { answers, changes } = await ground.push(ground.officer, [save], { pull: true })
      const kept = (await bodyOf(ground, 'team', teamId))?.name
      const told = (changes.find(({ id }) => id === teamId)?.body as { name?: string } | undefined)?.name
      const wrong = kept === stored && told === stored ? undefined : `stored as ${kept}, told as ${told}`
      return { status: 200, code: wordOf(answers[0]), wrong }
    },
  }
}

async function again(
  ground: HostileGround,
  device: WireDevice,
  change: (first: WireCommand) => object,
): Promise<Heard> {
  const first = firsts.get(ground)!
  const { answers } = await ground.push(device, [{ ...first, ...change(first) }])
  const [answer] = answers
  const exact = JSON.stringify({ id: first.id, result: 'refused', code: 'id_conflict', again: true })
  return {
    status: 200,
    code: wordOf(answer),
    wrong: JSON.stringify(answer) === exact ? undefined : JSON.stringify(answer),
  }
}
const firsts = new WeakMap<HostileGround, WireCommand>()

function conflictCase(name: string, change: (first: WireCommand) => object): HostileCase {
  return {
    ...{ subject: 'commands', name, status: 200, code: 'refused id_conflict', mayChange: false },
    async prepare(ground) {
      ground.freshLane()
      const first = ground.visit()
      firsts.set(ground, first)
      await ground.mustApply(ground.member, [first])
    },
    ask: (ground) => again(ground, ground.member, change),
  }
}

export const commandCases: HostileCase[] = [
  ...REFUSED.map((row) => commandCase(row, 'refused')),
  ...HELD.map((row) => commandCase(row, 'held')),
  ...NOT_HERE.flatMap((row) => [notHereCase(row, 'officer'), notHereCase(row, 'member')]),
  clockCase('1970', 0, 'last sync'),
  clockCase('a time before Christ', -8.64e15, 'last sync'),
  clockCase('2099', Date.UTC(2099, 0, 1), 'receipt'),
  clockCase('the last date there is', 8.64e15, 'receipt'),
  ...TEXTS.map(textCase),
  conflictCase('the same id with another door', ({ args }) => ({ args: { ...(args as object), label: '102' } })),
  conflictCase('the same id at another time', ({ claimedAt }) => ({ claimedAt: claimedAt + 1 })),
  conflictCase('the same id and nothing else', (first) => ({
    ...Object.fromEntries(Object.keys(first).map((name) => [name, undefined])),
    ...{ n: first.n, id: first.id },
  })),
  {
    ...{ subject: 'commands', name: 'an unknown door in a known stairwell', status: 200, code: 'applied' },
    mayChange: true,
    async ask(ground) {
      ground.freshLane()
      const [stairwellId] = ground.street.stairwellIds
      const { answers } = await ground.push(ground.member, [ground.visit({ level: 3, label: '309' })])
      const made = (await bodyOf(ground, 'stairwell', stairwellId))?.doors.find(({ label }) => label === '309')
      const isAsItShould = made?.id === mintDoorId(stairwellId, '309') && made.state === 'toConfirm' && made.level === 3
      return { status: 200, code: wordOf(answers[0]), wrong: isAsItShould ? undefined : JSON.stringify(made) }
    },
  },
  {
    ...{ subject: 'commands', name: 'the last officer removed', status: 200, code: 'refused last_officer' },
    mayChange: ({ elsewhereOfficer }) => ({
      why: 'the answer of the command and its place in the lane are kept (SYNC-2, SYNC-4)',
      allows: ({ table, row }) =>
        (table === 'command' && row['device'] === elsewhereOfficer.id) ||
        (table === 'lane' && row['incarnation'] === elsewhereOfficer.incarnation),
    }),
    async ask(ground) {
      const officer = ground.elsewhereOfficer
      const args = { memberId: officer.standing.memberId, role: 'member', teamId: null, active: true }
      const { answers } = await ground.push(officer, [officer.command('member/bond', args)])
      return { status: 200, code: wordOf(answers[0]) }
    },
  },
]
