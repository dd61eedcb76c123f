import type { LedgerEncoding } from './detectEncoding.ts'
import { detectEncoding } from './detectEncoding.ts'
import { RosterProblem } from './RosterProblem.ts'
import type { Cell, RosterRow, RosterSheet } from './rosterShapes.ts'
import { checkSheetSize, readMerges, sheetPaths, withoutEmptyCells } from './sheetXml.ts'
import type { ZipEntry } from './zipArchive.ts'
import { MOST_INFLATED_BYTES, readZipEntries, storeZip } from './zipArchive.ts'

/** What Node and the browser each do in their own way. A tool may throw anything; the ledger is then damaged. */
export interface LedgerTools {
  decode(bytes: Uint8Array, encoding: LedgerEncoding): string
  encode(text: string): Uint8Array
  /** Raw deflate; must throw rather than give more than `mostBytes`. */
  inflate(packed: Uint8Array, mostBytes: number): Promise<Uint8Array>
  /** Papa Parse, as far as it is used: records one by one with the offset behind each. */
  parseText(
    text: string,
    options: {
      delimiter: string
      newline: '\n'
      quoteChar: string
      step: (result: { data: string[]; errors: { type: string }[]; meta: { cursor: number } }) => void
    },
  ): void
  readWorkbook(xlsx: Uint8Array<ArrayBuffer>): Promise<{ name: string; rows: Cell[][] }[]>
}

const MOST_FILE_BYTES = 20 * 1024 * 1024
const MOST_LINES = 50_000

const startsWith = (bytes: Uint8Array, ...start: number[]): boolean =>
  start.every((byte, index) => bytes[index] === byte)

function includesBytes(bytes: Uint8Array, needle: readonly number[]): boolean {
  for (let at = 0; at + needle.length <= bytes.length; at++)
    if (needle.every((byte, index) => bytes[at + index] === byte)) return true
  return false
}

const utf16 = (text: string): number[] => [...text].flatMap((char) => [char.charCodeAt(0), 0])

/** Old .xls and encrypted .xlsx share one container; only the stream's name tells them apart. */
function refuseCompound(bytes: Uint8Array): never {
  throw new RosterProblem(includesBytes(bytes, utf16('EncryptedPackage')) ? 'ledger_encrypted' : 'ledger_old_format')
}

/** Everything after the last dot, and what stands before it. */
const stemOf = (fileName: string): string => fileName.replace(/^.*[\\/]/u, '').replace(/\.[A-Za-z0-9]{1,5}$/u, '')

/** The delimiter found on most lines, and there most often. */
function guessDelimiter(text: string): string {
  const lines = text.slice(0, 64 * 1024).split('\n')
  const score = (delimiter: string) =>
    lines.reduce((sum, line) => sum + Math.min(line.split(delimiter).length - 1, 50), 0) +
    lines.filter((line) => line.includes(delimiter)).length
  return [',', '\t', ';', '|'].reduce((best, next) => (score(next) > score(best) ? next : best))
}

function countLines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}

function splitRecords(
  text: string,
  delimiter: string,
  quoteChar: string,
  tools: LedgerTools,
): { records: { cells: string[]; end: number }[]; isBroken: boolean } {
  const records: { cells: string[]; end: number }[] = []
  let isBroken = false
  tools.parseText(text, {
    delimiter,
    newline: '\n',
    quoteChar,
    step({ data, errors, meta }) {
      records.push({ cells: data, end: meta.cursor })
      isBroken ||= errors.some((error) => error.type === 'Quotes')
    },
  })
  return { records, isBroken }
}

/** Rows keep the number of the line that they begin on, also behind cells with line breaks in them. */
function openText(bytes: Uint8Array, fileName: string, tools: LedgerTools): RosterSheet[] {
  const encoding = detectEncoding(bytes)
  if (encoding === undefined || startsWith(bytes, 0x25, 0x50, 0x44, 0x46)) throw new RosterProblem('ledger_not_a_table')
  let text: string
  try {
    text = tools.decode(bytes, encoding)
  } catch {
    throw new RosterProblem('ledger_bad_encoding')
  }
  text = text.replace(/^\ufeff/u, '').replace(/\r\n?/gu, '\n')
  if (text.trim() === '') throw new RosterProblem('ledger_empty')
  if (/^\s*<(?:!doctype|html|\?xml|table)/iu.test(text)) throw new RosterProblem('ledger_not_a_table')
  text = text.replace(/\s+$/u, '\n')
  if (countLines(text, 0, text.length) > MOST_LINES) throw new RosterProblem('ledger_too_many_rows')
  const delimiter = guessDelimiter(text)
  let split = splitRecords(text, delimiter, '"', tools)
  // A lone quote would swallow the rest of the file; then no quote means anything.
  if (split.isBroken) split = splitRecords(text, delimiter, '\u0000', tools)
  const rows: RosterRow[] = []
  let line = 1
  let start = 0
  for (const { cells, end } of split.records) {
    rows.push({ line, cells })
    line += countLines(text, start, end)
    start = end
  }
  return [{ name: stemOf(fileName), rows }]
}

async function inflateEntry(bytes: Uint8Array, entry: ZipEntry, tools: LedgerTools): Promise<Uint8Array> {
  const packed = bytes.subarray(entry.start, entry.start + entry.packedSize)
  if (!entry.isDeflated) return packed
  let inflated: Uint8Array
  try {
    inflated = await tools.inflate(packed, entry.size)
  } catch {
    throw new RosterProblem('ledger_damaged')
  }
  // The directory's size is a promise of the sender; a stream that breaks it is not read further.
  if (inflated.length > entry.size) throw new RosterProblem('ledger_bomb')
  return inflated
}

/** Inflates the XML of a workbook, refuses what a ledger never holds and leaves empty cells out. */
async function readParts(bytes: Uint8Array, tools: LedgerTools): Promise<Map<string, string>> {
  const entries = readZipEntries(bytes)
  if (entries.some((entry) => /vbaProject|\/macrosheets\//iu.test(entry.name))) throw new RosterProblem('ledger_macros')
  const wanted = entries.filter((entry) =>
    /^(?:\[Content_Types\]\.xml|xl\/(?:[^/]+\.xml|_rels\/[^/]+\.rels|worksheets\/[^/]+\.xml))$/iu.test(entry.name),
  )
  if (!wanted.some((entry) => entry.name === 'xl/workbook.xml')) throw new RosterProblem('ledger_not_a_table')
  const parts = new Map<string, string>()
  let left = MOST_INFLATED_BYTES
  for (const entry of wanted) {
    const inflated = await inflateEntry(bytes, entry, tools)
    left -= inflated.length
    if (left < 0) throw new RosterProblem('ledger_bomb')
    let xml: string
    try {
      xml = tools.decode(inflated, 'utf-8')
    } catch {
      throw new RosterProblem('ledger_damaged')
    }
    if (/<!(?:DOCTYPE|ENTITY)/iu.test(xml)) throw new RosterProblem('ledger_entities')
    if (entry.name === '[Content_Types].xml' && /macroEnabled|vbaProject/iu.test(xml))
      throw new RosterProblem('ledger_macros')
    parts.set(entry.name, /^xl\/worksheets\//iu.test(entry.name) ? withoutEmptyCells(xml) : xml)
  }
  return parts
}

async function openWorkbook(bytes: Uint8Array, tools: LedgerTools): Promise<RosterSheet[]> {
  const parts = await readParts(bytes, tools)
  for (const [name, xml] of parts) if (name.startsWith('xl/worksheets/')) checkSheetSize(xml)
  const archive = storeZip([...parts].map(([name, xml]) => ({ name, bytes: tools.encode(xml) })))
  let sheets: { name: string; rows: Cell[][] }[]
  try {
    sheets = await tools.readWorkbook(archive)
  } catch {
    throw new RosterProblem('ledger_damaged')
  }
  const paths = sheetPaths(parts.get('xl/workbook.xml') ?? '', parts.get('xl/_rels/workbook.xml.rels') ?? '')
  const opened = sheets.map(({ name, rows }, index) => ({
    name,
    rows: rows.map((cells, row) => ({ line: row + 1, cells })),
    merges: readMerges(parts.get(paths[index] ?? '') ?? ''),
  }))
  if (opened.every((sheet) => sheet.rows.length === 0)) throw new RosterProblem('ledger_empty')
  if (opened.reduce((sum, sheet) => sum + sheet.rows.length, 0) > MOST_LINES)
    throw new RosterProblem('ledger_too_many_rows')
  return opened.filter((sheet) => sheet.rows.length > 0)
}

/**
 * Opens a ledger of any make: CSV, semicolon or tab text in UTF-8, UTF-16 or GB18030, or .xlsx with its merged cells.
 * The bytes decide; the file's name only names the sheet of a text.
 * @throws RosterProblem and nothing else.
 */
export async function openLedger(bytes: Uint8Array, fileName: string, tools: LedgerTools): Promise<RosterSheet[]> {
  if (bytes.length === 0) throw new RosterProblem('ledger_empty')
  if (bytes.length > MOST_FILE_BYTES) throw new RosterProblem('ledger_too_large')
  if (/\.(?:xlsm|xltm|xlam)$/iu.test(fileName)) throw new RosterProblem('ledger_macros')
  if (startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) refuseCompound(bytes)
  if (startsWith(bytes, 0x50, 0x4b)) return openWorkbook(bytes, tools)
  return openText(bytes, fileName, tools)
}
