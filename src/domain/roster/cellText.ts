import { halfWidth, squeezed } from './halfWidth.ts'
import type { Cell, RosterSheet } from './rosterShapes.ts'

/** A cell as the rules see it. `date` is set where Excel holds, or shows, a date that may have been a room number. */
export interface LedgerCell {
  text: string
  date?: { month: number; day: number }
}

export interface LedgerRow {
  line: number
  cells: readonly LedgerCell[]
}

export interface LedgerSheet {
  name: string
  index: number
  rows: readonly LedgerRow[]
  /** Header cells drawn over several columns: a group such as 住户信息. */
  wide: readonly { line: number; left: number; right: number }[]
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const MOST_COLUMNS = 120
const LONGEST_CELL = 300

const valid = (month: number, day: number) =>
  month >= 1 && month <= 12 && day >= 1 && day <= 31 ? { month, day } : undefined

/** 3月2日, 2-Mar, Mar-2, 2019/3/2, 2019-03-02, 2019年3月2日 0:00:00: what Excel makes of 3-2. */
export function readDate(cell: string): { month: number; day: number } | undefined {
  const text = squeezed(cell).toUpperCase()
  const chinese = /^(?:(?:19|20)?\d{2}年)?(\d{1,2})月(\d{1,2})日?$/u.exec(text)
  if (chinese) return valid(Number(chinese[1]), Number(chinese[2]))
  const numeric = /^(?:19|20)\d{2}[-/.](\d{1,2})[-/.](\d{1,2})(?:T?\d{1,2}:\d{2}.*)?$/u.exec(text)
  if (numeric) return valid(Number(numeric[1]), Number(numeric[2]))
  const american = /^(\d{1,2})\/(\d{1,2})\/(?:19|20)\d{2}(?:\d{1,2}:\d{2}.*)?$/u.exec(text)
  if (american) return valid(Number(american[1]), Number(american[2]))
  const dayFirst = /^(\d{1,2})[-/]?(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*(?:[-/]?\d{2,4})?$/u.exec(
    text,
  )
  if (dayFirst) return valid(MONTHS.indexOf(dayFirst[2] ?? '') + 1, Number(dayFirst[1]))
  const monthFirst = /^(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*[-/]?(\d{1,4})$/u.exec(text)
  if (monthFirst) return valid(MONTHS.indexOf(monthFirst[1] ?? '') + 1, Number(monthFirst[2]) % 100)
  return undefined
}

function readCell(cell: Cell | undefined): LedgerCell {
  if (cell === null || cell === undefined || typeof cell === 'boolean') return { text: '' }
  if (typeof cell === 'number') return { text: Number.isFinite(cell) ? String(cell) : '' }
  if (cell instanceof Date) {
    if (Number.isNaN(cell.getTime())) return { text: '' }
    // Readers give a day at midnight UTC, so the device's time zone never moves it.
    const [month, day] = [cell.getUTCMonth() + 1, cell.getUTCDate()]
    return { text: `${month}月${day}日`, date: { month, day } }
  }
  // ="0102" and '0102 are how people keep Excel from eating a zero.
  const text = halfWidth(cell.slice(0, LONGEST_CELL).replace(/^\s*="([^"]*)"\s*$|^'(?=[^'])/u, '$1'))
  const date = readDate(text)
  return date ? { text, date } : { text }
}

const DITTO = /^(?:同上|〃|″|"|''|“|”|↓|ditto)$/iu

/** 同上 and its signs say what the cell above says. */
function withoutDittos(rows: readonly { cells: LedgerCell[] }[]): void {
  rows.forEach(({ cells }, index) => {
    for (const [column, cell] of cells.entries()) {
      if (DITTO.test(cell.text)) cells[column] = rows[index - 1]?.cells[column] ?? { text: '' }
    }
  })
}

/** Texts of a sheet with every merged cell's value in all its lines; across columns a merge stays at its left. */
export function readCells(sheet: RosterSheet, index: number): LedgerSheet {
  const rows = sheet.rows.map(({ line, cells }) => ({ line, cells: cells.slice(0, MOST_COLUMNS).map(readCell) }))
  const byLine = new Map(rows.map((row) => [row.line, row]))
  const wide: { line: number; left: number; right: number }[] = []
  const lastLine = rows[rows.length - 1]?.line ?? 0
  for (const merge of sheet.merges ?? []) {
    const value = byLine.get(merge.top)?.cells[merge.left]
    if (merge.left >= MOST_COLUMNS || value === undefined || value.text === '') continue
    for (let line = merge.top + 1; line <= Math.min(merge.bottom, lastLine); line++) {
      const row = byLine.get(line)
      if (!row) continue
      while (row.cells.length <= merge.left) row.cells.push({ text: '' })
      row.cells[merge.left] = value
    }
    for (let line = merge.top; line <= Math.min(merge.bottom, merge.top + 9); line++)
      if (merge.right > merge.left) wide.push({ line, left: merge.left, right: merge.right })
  }
  withoutDittos(rows)
  return { name: sheet.name, index, rows, wide }
}
