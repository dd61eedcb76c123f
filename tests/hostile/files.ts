import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { handoverMessages } from '../../src/messages/handover.ts'
import { rosterProblemWords } from '../../src/messages/roster.ts'
import { writeHandover, type HandoverHeader } from '../../src/protocol/handover.ts'
import { freshId } from '../harness/wireWorld.ts'
import { sealPart } from '../harness/sealPart.ts'
import { zipOf } from '../factories/ledgers/zipOf.ts'
import type { Heard, HostileCase } from './HostileCase.ts'
import type { HostileGround } from './HostileGround.ts'

const TOOL = resolve(import.meta.dirname, '../../sync-server/operator/qiaomen.ts')
const FIXTURES = resolve(import.meta.dirname, '../fixtures/roster')
const fixture = (name: string) => readFileSync(join(FIXTURES, name))

interface Ended {
  status: number
  out: string
  err: string
}

/** The operator's real command line beside the running server. */
function runTool(ground: HostileGround, words: string[]): Promise<Ended> {
  const env = { ...ground.environment, ...ground.planted, PATH: process.env['PATH'] }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', TOOL, ...words], { env })
  const ended: Ended = { status: 0, out: '', err: '' }
  child.stdout.on('data', (part) => (ended.out += String(part)))
  child.stderr.on('data', (part) => (ended.err += String(part)))
  return new Promise((done) => child.once('close', (status) => done({ ...ended, status: status ?? -1 })))
}

/** The exit code, and which of the known sentences was said: one line, with nothing of the file in it. */
function readEnd({ status, out, err }: Ended, expected = ''): Heard {
  const words = err.trim()
  if (words === handoverMessages.invalid) return { status, code: 'handover invalid' }
  if (words === handoverMessages.newer) return { status, code: 'handover newer' }
  // Two codes may have one sentence.
  const known = Object.entries(rosterProblemWords).filter(([, sentence]) => sentence === words)
  const [first] = known
  if (first) return { status, code: known.some(([code]) => code === expected) ? expected : first[0] }
  return { status, code: status === 0 ? out.trim().split('\n').at(-1)! : words.split('\n').at(-1)! }
}

const book = '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>'
const rels =
  '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
const parts = (more: Record<string, string> = {}) => ({
  'xl/workbook.xml': book,
  'xl/_rels/workbook.xml.rels': rels,
  'xl/worksheets/sheet1.xml': '<worksheet><sheetData/></worksheet>',
  ...more,
})
const entities = { 'xl/sharedStrings.xml': '<!DOCTYPE x [<!ENTITY a "aa">]><sst>&a;</sst>' }

type LedgerRow = [name: string, code: string, file: string, content: () => Uint8Array | string]

/** Files that are no ledger: refused by code before anything of them is inflated or written. */
const LEDGERS: LedgerRow[] = [
  ['an empty file', 'ledger_empty', 'a.csv', () => ''],
  ['21 MiB of text', 'ledger_too_large', 'a.csv', () => 'a'.repeat(21 * 2 ** 20)],
  ['50,001 lines', 'ledger_too_many_rows', 'a.csv', () => '1栋,101\n'.repeat(50_001)],
  ['no encoding at all', 'ledger_bad_encoding', 'a.csv', () => new Uint8Array([0xff, 0x41, 0xff, 0xff, 0x0a])],
  ['a web page', 'ledger_not_a_table', 'a.xls', () => '<html><table><tr><td>1</td></tr></table></html>'],
  ['an xlsx bomb', 'ledger_bomb', 'a.xlsx', () => zipOf(parts(), 24 * 2 ** 20)],
  ['../ in an xlsx', 'ledger_bad_path', 'a.xlsx', () => zipOf(parts({ '../../etc/passwd': 'x' }))],
  ['entities in an xlsx', 'ledger_entities', 'a.xlsx', () => zipOf(parts(entities))],
  ['macros in an xlsx', 'ledger_macros', 'a.xlsx', () => zipOf(parts({ 'xl/vbaProject.bin': 'x' }))],
  ['half an xlsx', 'ledger_damaged', 'a.xlsx', () => zipOf(parts()).subarray(0, 60)],
]

/** A file of two visits as a phone makes it, and what else one may find in its place. */
function handover(ground: HostileGround, how: { key?: string; community?: string } = {}): string {
  ground.freshLane()
  const commands = [ground.visit({ label: '201' }), ground.visit({ label: '202' })]
  const { member } = ground
  const at = Date.now()
  const whose = { community: how.community ?? ground.community, device: member.id, member: member.standing.memberId }
  const when = { incarnation: member.incarnation, epoch: null, at, from: at, until: at }
  const counts = { waiting: 2, held: 0, refused: 0, parts: 1 }
  const header: HandoverHeader = { ...whose, ...when, ...counts, coding: 'gzip' }
  const { sealed } = sealPart(how.key ?? ground.handoverKey, header, { commands, refused: [] })
  return writeHandover(header, [sealed])
}

const HANDOVERS: [name: string, code: string, make: (ground: HostileGround) => string | Buffer][] = [
  ['an empty hand-over file', 'handover invalid', () => ''],
  ['half a hand-over file', 'handover invalid', (ground) => handover(ground).slice(0, -200)],
  [
    'a hand-over file with one letter changed',
    'handover invalid',
    (g) => handover(g).replace('"waiting":2', '"waiting":3'),
  ],
  ['two hand-over files in one', 'handover invalid', (ground) => handover(ground).repeat(2)],
  ['a hand-over file of another community', 'handover invalid', (g) => handover(g, { community: freshId() })],
  ['a hand-over file under another key', 'handover invalid', (g) => handover(g, { key: 'A'.repeat(43) })],
  ['a picture for a hand-over file', 'handover invalid', () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0xff])],
  ['a hand-over file from the future', 'handover newer', (g) => handover(g).replace('"version":1', '"version":2')],
]

/** 300 lines of a ledger, three of which say something that nobody can be sure about. */
const threeBad = () => {
  const lines = Array.from(
    { length: 300 },
    (_, at) => `坏行苑,9栋,1梯,${Math.floor(at / 10) + 1}${String((at % 10) + 1).padStart(2, '0')}`,
  )
  for (const at of [40, 120, 250]) lines[at] = '坏行苑,9栋,1梯,3月2日'
  return `小区,楼栋,单元,房号\n${lines.join('\n')}\n`
}

const READ: [name: string, file: string][] = [
  ['a ledger in GB18030', 'roster-messy-gb18030.csv'],
  ['a ledger in UTF-8', 'roster-messy-utf8bom.csv'],
]

export const fileCases: HostileCase[] = [
  ...LEDGERS.map(([name, code, file, content]): HostileCase => ({
    ...{ subject: 'files', name, status: 1, code, mayChange: false },
    ask: async (ground) => readEnd(await runTool(ground, ['import-roster', ground.write(file, content())]), code),
  })),
  ...HANDOVERS.map(([name, code, make]): HostileCase => ({
    ...{ subject: 'files', name, status: 1, code, mayChange: false },
    ask: async (ground) => readEnd(await runTool(ground, ['import-handover', ground.write('a.txt', make(ground))])),
  })),
  ...READ.map(([name, file]): HostileCase => ({
    ...{ subject: 'files', name, status: 0, code: 'read as it stands', mayChange: false },
    async ask(ground) {
      const words = ['import-roster', ground.write(file, fixture(file)), '--dry-run', '--json']
      const { status, out, err } = await runTool(ground, words)
      const { doors } = JSON.parse(out === '' ? '{"doors":[]}' : out) as { doors: object[] }
      const expected = fixture('roster-messy-expected.csv').toString().trim().split('\n').length - 1
      return { status, code: doors.length === expected ? 'read as it stands' : `${doors.length} doors ${err}` }
    },
  })),
  {
    ...{ subject: 'files', name: 'three bad rows in 300', status: 1, code: 'lines 42, 122, 252', mayChange: false },
    async ask(ground) {
      const { status, out, err } = await runTool(ground, ['import-roster', ground.write('a.csv', threeBad())])
      const lines = [...`${out}${err}`.matchAll(/ line (\d+):/g)].map(([, line]) => line)
      return { status, code: `lines ${lines.join(', ')}` }
    },
  },
  {
    ...{ subject: 'files', name: 'the same hand-over file twice', status: 0, mayChange: true },
    code: '2 counted, 0 held, 0 left to their recorder',
    async ask(ground) {
      const path = ground.write('a.txt', handover(ground))
      const first = await runTool(ground, ['import-handover', path])
      const stood = (await ground.rows()).join('\n')
      const second = await runTool(ground, ['import-handover', path])
      const heard = readEnd(second)
      if (readEnd(first).code !== heard.code) return { ...heard, wrong: first.err }
      return {
        ...heard,
        wrong: (await ground.rows()).join('\n') === stood ? undefined : 'the second time changes something',
      }
    },
  },
]
