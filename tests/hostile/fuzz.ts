import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sha256Hex, canonicalJson } from '../../src/domain/hash.ts'
import { RosterProblem } from '../../src/domain/roster/RosterProblem.ts'
import { handoverMessages } from '../../src/messages/handover.ts'
import { writeHandover, type HandoverHeader } from '../../src/protocol/handover.ts'
import { PROBLEMS } from '../../src/protocol/problem.ts'
import type { SyncAnswer } from '../../src/protocol/sync.ts'
import { BadHandover, importHandover } from '../../sync-server/operator/importHandover.ts'
import { dryRunRoster } from '../../sync-server/operator/importRoster.ts'
import { importRosterFile } from '../../sync-server/operator/importRosterFile.ts'
import { zipOf } from '../factories/ledgers/zipOf.ts'
import { sealPart } from '../harness/sealPart.ts'
import type { HostileGround } from './HostileGround.ts'
import { byteMutation, jsonMutation, mutate, type Mutation } from './mutate.ts'
import { problemOf } from './problemOf.ts'
import { movedRows } from './runCase.ts'

/** One run over generated input. `seed` and `path` replay what failed. */
export interface FuzzEnd {
  name: string
  runs: number
  /** How each input was answered. */
  answers: Record<string, number>
  failure: string | null
}

export interface FuzzHow {
  seed: number
  runs: number
  path?: string | undefined
}

const jsonInput = fc.record({
  base: fc.nat(3),
  mutations: fc.array(jsonMutation, { minLength: 1, maxLength: 2 }),
  wire: fc.constantFrom('plain', 'plain', 'plain', 'gzip', 'gzip', 'gzip', 'gzip, then spoilt'),
  after: fc.array(byteMutation, { minLength: 1, maxLength: 2 }),
})

/** Requests as a phone sends them, with every part that a request can have. */
function goodRequest(ground: HostileGround, base: number): object {
  const { member } = ground
  ground.freshLane()
  if (base === 0) return member.request([ground.visit(), ground.visit({ label: '102', outcome: 'notHome' })])
  if (base === 1) return member.request([], { pull: true, cursor: ground.cursor })
  if (base === 2) return member.request([], { carried: { header: headerOf(ground, 1), index: 0, ...sealedOf(ground) } })
  const note = { stairwellId: ground.street.stairwellIds[0], baseRevision: 0, note: '敲窗' }
  return member.request([ground.visit(), member.command('stairwell/access-note', note)], { unsent: 3 })
}

function headerOf({ community, member }: HostileGround, parts: number): HandoverHeader {
  const at = 1_790_000_000_000
  const whose = { community, device: member.id, member: member.standing.memberId, incarnation: member.incarnation }
  return { ...whose, epoch: null, at, from: at, until: at, waiting: parts, held: 0, refused: 0, parts, coding: 'gzip' }
}
function sealedOf(ground: HostileGround): { sealed: string } {
  const { sealed } = sealPart(ground.handoverKey, headerOf(ground, 1), { commands: [ground.visit()], refused: [] })
  return { sealed }
}

/**
 * Throws random changes of valid requests at the real server. Whatever comes back is a coded refusal that changed
 * nothing, or a 200 that answers exactly the commands that were asked; a server error or silence is a failure.
 */
export function fuzzEnvelope(ground: HostileGround, how: FuzzHow): Promise<FuzzEnd> {
  return fuzz('changed requests', how, jsonInput, async ({ base, mutations, wire, after }) => {
    const plain = mutate(Buffer.from(JSON.stringify(goodRequest(ground, base))), mutations as Mutation[])
    const packed = wire === 'plain' ? plain : gzipSync(plain)
    const body = wire === 'gzip, then spoilt' ? mutate(packed, after as Mutation[]) : packed
    const before = await ground.rows()
    const headers = wire === 'plain' ? {} : { 'content-encoding': 'gzip' }
    const answer = await ground.ask({ body, cookie: ground.member.cookie, headers })
    const moved = movedRows(before, await ground.rows())
    const { status, code, wrong } = problemOf(answer)
    if (wrong !== undefined) throw new Error(wrong)
    if (status !== 200) {
      if (status >= 500 || !(code in PROBLEMS)) throw new Error(`${status} ${code}`)
      if (moved.length > 0) throw new Error(`${code}, and yet: ${moved[0]}`)
      return code
    }
    const asked = (JSON.parse(plain.toString()) as { commands: { id: string }[] }).commands
    const { answers, lane } = JSON.parse(answer.text) as SyncAnswer
    const isPrefix = answers.every(({ id }, at) => id === asked[at]?.id)
    if (!isPrefix || (answers.length < asked.length && lane === null)) throw new Error('not an answer to each command')
    return answers.length === 0 ? '200' : [...new Set(answers.map(({ result }) => result))].sort().join(' and ')
  })
}

const FIXTURES = resolve(import.meta.dirname, '../fixtures/roster')
const cell = (at: string, text: string) => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`
const workbook = () =>
  zipOf({
    'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData><row r="1">${cell('A1', '楼栋')}${cell('B1', '房号')}</row><row r="2">${cell('A2', '1栋')}${cell('B2', '101')}</row></sheetData></worksheet>`,
  })
const LEDGERS: [name: string, bytes: () => Uint8Array][] = [
  ['a.csv', () => readFileSync(resolve(FIXTURES, 'roster-messy-gb18030.csv'))],
  ['a.csv', () => readFileSync(resolve(FIXTURES, 'roster-messy-utf8bom.csv'))],
  ['a.xlsx', workbook],
  ['a.csv', () => Buffer.from('小区,楼栋,单元,房号\n变异苑,1栋,1梯,101\n变异苑,1栋,1梯,102\n')],
]
const fileInput = (bases: number) =>
  fc.record({ base: fc.nat(bases - 1), mutations: fc.array(byteMutation, { minLength: 1, maxLength: 4 }) })

/** Random changes of door lists: read, or refused with a code; and imported whole, or nothing is written. */
export function fuzzLedgers(ground: HostileGround, how: FuzzHow): Promise<FuzzEnd> {
  return fuzz('changed door lists', how, fileInput(LEDGERS.length), async ({ base, mutations }) => {
    const [name, content] = LEDGERS[base]!
    const bytes = mutate(Buffer.from(content()), mutations as Mutation[])
    const path = ground.write(name, bytes)
    const before = await ground.rows()
    const unchanged = async () => {
      const moved = movedRows(before, await ground.rows())
      if (moved.length > 0) throw new Error(`nothing was to be written, and yet: ${moved[0]}`)
    }
    try {
      const reading = await dryRunRoster(bytes, name)
      const { ok } = await importRosterFile(path, false, ground.environment)
      if (ok !== false) return 'imported'
      await unchanged()
      return reading.questions.length > 0 ? 'questions' : 'refused without a question'
    } catch (error) {
      if (!(error instanceof RosterProblem)) throw error
      await unchanged()
      return error.code
    }
  })
}

const handoverInput = fc.record({
  mutations: fc.array(fc.oneof(byteMutation, jsonMutation), { maxLength: 2 }),
  forgery: fc.constantFrom('none', 'checksum made good', 'another key', 'parts swapped', 'twice'),
})

/**
 * Random changes of a hand-over file that was taken in before. It is refused in one sentence, or it is still the same
 * file, which counts once; so nothing may move in either case.
 */
export async function fuzzHandover(ground: HostileGround, how: FuzzHow): Promise<FuzzEnd> {
  ground.freshLane()
  const header = headerOf(ground, 2)
  const groups = ['101', '102'].map((label) => [ground.visit({ label })])
  const seal = (key: string) =>
    groups.map((commands, index) => sealPart(key, header, { commands, refused: [] }, { index }).sealed)
  const parts = seal(ground.handoverKey)
  const file = writeHandover(header, parts)
  await importHandover(ground.write('a.txt', file), false, ground.environment)
  const forged = seal('A'.repeat(43))
  const stood = await ground.rows()
  return fuzz('changed hand-over files', how, handoverInput, async ({ mutations, forgery }) => {
    const base = {
      none: file,
      'checksum made good': file,
      'another key': writeHandover(header, [parts[0]!, forged[1]!]),
      'parts swapped': writeHandover(header, [...parts].reverse()),
      twice: file + file,
    }[forgery]
    let bytes = mutate(Buffer.from(base), mutations as Mutation[])
    if (forgery === 'checksum made good') bytes = madeGood(bytes)
    const path = ground.write('a.txt', bytes)
    let said = 'the same file'
    try {
      await importHandover(path, false, ground.environment)
      if (!['none', 'checksum made good'].includes(forgery)) throw new Error(`${forgery} was taken`)
    } catch (error) {
      if (!(error instanceof BadHandover)) throw error
      const known = [handoverMessages.invalid, handoverMessages.newer].includes(error.message as never)
      if (!known) throw new Error(`another sentence: ${error.message}`)
      said = error.message === handoverMessages.newer ? 'newer' : 'refused'
    }
    const moved = movedRows(stood, await ground.rows())
    if (moved.length > 0) throw new Error(`${said}, and yet: ${moved[0]}`)
    return said
  })
}

/** A checksum says nothing about who made a file: whoever changes it can make it good. */
function madeGood(bytes: Buffer): Buffer {
  try {
    const { checksum: _checksum, ...body } = JSON.parse(bytes.toString()) as Record<string, unknown>
    return Buffer.from(JSON.stringify({ ...body, checksum: sha256Hex(canonicalJson(body)) }))
  } catch {
    return bytes
  }
}

async function fuzz<T>(
  name: string,
  { seed, runs, path }: FuzzHow,
  input: fc.Arbitrary<T>,
  run: (value: T) => Promise<string>,
): Promise<FuzzEnd> {
  const answers: Record<string, number> = {}
  const property = fc.asyncProperty(input, async (value) => {
    const said = await run(value)
    answers[said] = (answers[said] ?? 0) + 1
  })
  const replay = path === undefined ? {} : { path }
  const end = await fc.check(property, { seed, numRuns: runs, ...replay })
  if (!end.failed) return { name, runs: end.numRuns, answers, failure: null }
  const why = end.errorInstance instanceof Error ? end.errorInstance.message : String(end.errorInstance)
  const again = `--seed ${seed} --path ${end.counterexamplePath}`
  return {
    name,
    runs: end.numRuns,
    answers,
    failure: `${why}\n  ${JSON.stringify(end.counterexample)}\n  again: ${again}`,
  }
}
