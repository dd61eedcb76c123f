import type { ExportCell, ExportRow } from '../../domain/coverage/exportRows.ts'

/**
 * A workbook of one sheet, written by ourselves. The ready-made writers pack anything above 160 kB in a worker made
 * from a blob, which the page's policy forbids, so an export of a few thousand visits would fail in the field.
 *
 * @param name the sheet's, without the characters that Excel forbids
 */
export function buildWorkbook(name: string, heads: readonly string[], rows: readonly ExportRow[]): Blob {
  const parts: Readonly<Record<string, string>> = {
    '[Content_Types].xml': `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${SHEETML}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${SHEETML}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${SHEETML}.styles+xml"/></Types>`,
    '_rels/.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}/relationships"><sheets><sheet name="${escapeXml(name.slice(0, 31))}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/relationships/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': `${XML}<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    'xl/worksheets/sheet1.xml': sheetXml(heads, rows),
  }
  const encoder = new TextEncoder()
  const files = Object.entries(parts).map(([path, xml]) => ({ path, bytes: encoder.encode(xml) }))
  return new Blob([packStored(files)], { type: `${SHEETML}.sheet` })
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const SHEETML = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
const BOLD = 1
/** Excel's own format for text: what stands there is never read as a number, a date or a formula. */
const TEXT = 2

function sheetXml(heads: readonly string[], rows: readonly ExportRow[]): string {
  const columns = heads.map((head, index) => {
    const width = widthOf([head, ...rows.map((row) => String(row[index] ?? ''))])
    return `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`
  })
  const lines = [heads.map((head, index) => cellXml(head, index, 1, BOLD)), ...rows.map(lineCells)]
  const body = lines.map((cells, index) => `<row r="${index + 1}">${cells.join('')}</row>`).join('')
  const frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
  return `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">${frozen}</sheetView></sheetViews><cols>${columns.join('')}</cols><sheetData>${body}</sheetData></worksheet>`
}

function lineCells(row: ExportRow, index: number): string[] {
  return row.map((cell, column) => cellXml(cell, column, index + 2, TEXT))
}

function cellXml(cell: ExportCell, column: number, line: number, style: number): string {
  if (cell === '') return ''
  const place = `${String.fromCharCode(65 + column)}${line}`
  if (typeof cell === 'number') return `<c r="${place}"><v>${cell}</v></c>`
  return `<c r="${place}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(cell)}</t></is></c>`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** In letters; a Chinese character is two wide. */
function widthOf(texts: readonly string[]): number {
  let widest = 6
  for (const text of texts) {
    let width = 0
    for (const letter of text) width += letter > '\u2e7f' ? 2 : 1
    widest = Math.max(widest, width)
  }
  return Math.min(40, widest + 2)
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** A ZIP archive of plain, unpacked files. Excel checks the sums, so every entry carries its own. */
function packStored(files: readonly { path: string; bytes: Uint8Array }[]): ArrayBuffer {
  const size = files.reduce((sum, { path, bytes }) => sum + 76 + 2 * path.length + bytes.length, 22)
  const zip = new Uint8Array(size)
  const view = new DataView(zip.buffer)
  const writeHead = (at: number, path: string, bytes: Uint8Array) => {
    // The oldest date that the format knows: the same table gives the same file.
    view.setUint16(at + 2, 0x21, true)
    view.setUint32(at + 4, crc32(bytes), true)
    view.setUint32(at + 8, bytes.length, true)
    view.setUint32(at + 12, bytes.length, true)
    view.setUint16(at + 16, path.length, true)
  }
  const writeName = (at: number, path: string) => {
    for (let index = 0; index < path.length; index++) zip[at + index] = path.charCodeAt(index)
  }
  const starts: number[] = []
  let at = 0
  for (const { path, bytes } of files) {
    starts.push(at)
    view.setUint32(at, 0x04034b50, true)
    view.setUint16(at + 4, 20, true)
    writeHead(at + 10, path, bytes)
    writeName(at + 30, path)
    zip.set(bytes, at + 30 + path.length)
    at += 30 + path.length + bytes.length
  }
  const directory = at
  files.forEach(({ path, bytes }, index) => {
    view.setUint32(at, 0x02014b50, true)
    view.setUint16(at + 4, 20, true)
    view.setUint16(at + 6, 20, true)
    writeHead(at + 12, path, bytes)
    view.setUint32(at + 42, starts[index]!, true)
    writeName(at + 46, path)
    at += 46 + path.length
  })
  view.setUint32(at, 0x06054b50, true)
  view.setUint16(at + 8, files.length, true)
  view.setUint16(at + 10, files.length, true)
  view.setUint32(at + 12, at - directory, true)
  view.setUint32(at + 16, directory, true)
  return zip.buffer
}
