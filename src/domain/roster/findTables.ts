import type { ColumnRole } from './columnRoles.ts'
import { headerText, isMatrixFloor, matrixSuffix, roleOfHeader } from './columnRoles.ts'
import type { LedgerRow, LedgerSheet } from './cellText.ts'
import { floorOfLabel, readFloor } from './floors.ts'
import { squeezed } from './halfWidth.ts'
import { inferRoles } from './inferRoles.ts'
import { isFloorHeader, isHeaderLine, isMatrixHeader, isStairwellHeader, isSubHeader } from './ledgerLines.ts'
import { looksPersonal } from './personalText.ts'

/** The lines under one kind of header, with what each column holds. */
export interface LedgerTable {
  sheet: LedgerSheet
  roles: ColumnRole[]
  headers: string[]
  /** Columns of a matrix with the suffix that each adds to its floor. */
  suffixes: ReadonlyMap<number, string>
  /** Room columns that stand for a floor: 1楼, 2楼. */
  floors: ReadonlyMap<number, string>
  /** Room columns that stand for a stairwell: 一单元, 二单元. */
  stairwells: ReadonlyMap<number, string>
  /** The texts above the header. */
  titles: string[]
  headerLine: number
  rows: LedgerRow[]
  ignoredColumns: string[]
}

const ROOM_LIKE = /^[A-Z]?\d{3,4}[A-Z]?(?:室|房)?$/iu

const valuesOf = (rows: readonly LedgerRow[], column: number): string[] =>
  rows.map((row) => squeezed(row.cells[column]?.text ?? '')).filter((text) => text !== '')

/** 门牌 and 座 mean what the other columns leave open. */
function settleRoles(roles: ColumnRole[], hasMatrix: boolean): ColumnRole[] {
  const has = (role: ColumnRole) => roles.includes(role)
  const hasRoom = has('room') || hasMatrix
  return roles.map((role) => {
    if (role === 'block') return has('building') ? 'stairwell' : 'building'
    if (role === 'unit') return hasRoom || has('doorplate') ? 'personal' : 'room'
    if (role === 'doorplate')
      return !hasRoom ? (has('address') ? 'building' : 'room') : has('building') ? 'ignored' : 'building'
    return role
  })
}

/** Columns without a known header: further rooms beside a merged 房号, or personal by what they hold. */
function readUnknownColumns(table: LedgerTable): void {
  const noRooms = table.roles.every((role, column) => role !== 'room' || valuesOf(table.rows, column).length === 0)
  for (const [column, role] of table.roles.entries()) {
    if (table.suffixes.has(column)) continue
    const values = valuesOf(table.rows, column)
    const rooms = values.filter((value) => ROOM_LIKE.test(value)).length
    const isDoorplate = role === 'ignored' && roleOfHeader(table.headers[column] ?? '') === 'doorplate'
    if (isDoorplate && noRooms && rooms > 0 && rooms >= values.length * 0.6) table.roles[column] = 'room'
    if (role !== 'unknown' || values.length === 0) continue
    if (table.headers[column] === '' && table.roles[column - 1] === 'room' && rooms >= values.length * 0.6)
      table.roles[column] = 'room'
    else if (values.some(looksPersonal)) table.roles[column] = 'personal'
  }
}

/** 层数 may count the floors of the house: then it agrees with hardly any room. */
function dropFloorCounts(table: LedgerTable): void {
  const column = table.roles.indexOf('floor')
  const room = table.roles.indexOf('room')
  if (column < 0 || room < 0 || !headerText(table.headers[column] ?? '').includes('数')) return
  const told = table.rows.flatMap((row) => {
    const floor = floorOfLabel(row.cells[room]?.text ?? '')
    return floor === undefined ? [] : [floor === readFloor(row.cells[column]?.text ?? '')]
  })
  if (told.length > 0 && told.filter(Boolean).length * 2 < told.length) table.roles[column] = 'ignored'
}

function nameIgnored(table: LedgerTable): void {
  for (const [column, role] of table.roles.entries()) {
    if (role !== 'personal') continue
    const name = headerText(table.headers[column] ?? '')
    table.ignoredColumns.push(name === '' || (/\d/u.test(name) && looksPersonal(name)) ? `第${column + 1}列` : name)
  }
}

/** Columns under a group such as 住户信息 are personal, whatever they are called themselves. */
function personalByGroup(sheet: LedgerSheet, line: number, column: number): boolean {
  return sheet.wide.some((span) => {
    if (span.line >= line || span.line < line - 2 || column < span.left || column > span.right) return false
    const row = sheet.rows.find((candidate) => candidate.line === span.line)
    return roleOfHeader(row?.cells[span.left]?.text ?? '') === 'personal'
  })
}

function openTable(sheet: LedgerSheet, headerRows: readonly LedgerRow[], titles: string[]): LedgerTable {
  const width = Math.max(
    ...headerRows.map((row) => row.cells.length),
    ...sheet.rows.slice(0, 200).map((row) => row.cells.length),
  )
  const matrixRow = headerRows.find(isMatrixHeader)
  const lastLine = headerRows[headerRows.length - 1]?.line ?? 0
  const headers: string[] = []
  const roles: ColumnRole[] = []
  const suffixes = new Map<number, string>()
  const floors = new Map<number, string>()
  const stairwells = new Map<number, string>()
  const across = (isAcross: (text: string) => boolean) =>
    headerRows.some((row) => row.cells.filter((cell) => isAcross(cell.text)).length >= 2)
  const hasFloors = across(isFloorHeader)
  const hasStairwells = across(isStairwellHeader)
  for (let column = 0; column < width; column++) {
    const filled = headerRows.map((row) => row.cells[column]?.text ?? '').filter((text) => text !== '')
    const text = filled[filled.length - 1] ?? ''
    let role = roleOfHeader(text)
    if (role === 'unknown' && filled[0] !== undefined && filled[0] !== text && roleOfHeader(filled[0]) === 'personal')
      role = 'personal'
    if (
      ['unknown', 'note', 'kind', 'ignored'].includes(role) &&
      personalByGroup(sheet, lastLine, column) &&
      text !== ''
    )
      role = 'personal'
    if (matrixRow) {
      const cell = matrixRow.cells[column]?.text ?? ''
      const suffix = matrixSuffix(cell)
      if (suffix !== undefined) suffixes.set(column, suffix)
      if (isMatrixFloor(cell)) role = 'floor'
    }
    const kindOfRoom =
      role !== 'unknown'
        ? undefined
        : hasFloors && isFloorHeader(text)
          ? floors
          : hasStairwells && isStairwellHeader(text)
            ? stairwells
            : undefined
    if (kindOfRoom) {
      kindOfRoom.set(column, text)
      role = 'room'
    }
    headers.push(text)
    roles.push(suffixes.has(column) ? 'unknown' : role)
  }
  return {
    sheet,
    roles: settleRoles(roles, suffixes.size > 0),
    headers,
    suffixes,
    floors,
    stairwells,
    titles,
    headerLine: lastLine,
    rows: [],
    ignoredColumns: [],
  }
}

const sameRoles = (one: LedgerTable, other: LedgerTable): boolean => one.headers.join('\n') === other.headers.join('\n')

/** The tables of a sheet: a repeated header goes on with its table, another header opens a new one. */
export function findTables(sheet: LedgerSheet): LedgerTable[] {
  const tables: LedgerTable[] = []
  let titles: string[] = []
  for (let index = 0; index < sheet.rows.length; index++) {
    const row = sheet.rows[index] as LedgerRow
    const current = tables[tables.length - 1]
    if (!isHeaderLine(row)) {
      if (current) current.rows.push(row)
      else titles.push(...row.cells.map((cell) => cell.text).filter((text) => text !== ''))
      continue
    }
    const headerRows = [row]
    for (
      let next = sheet.rows[index + 1];
      next && (isHeaderLine(next) || isSubHeader(next));
      next = sheet.rows[index + 1]
    ) {
      headerRows.push(next)
      index++
    }
    const table = openTable(sheet, headerRows, titles)
    titles = []
    if (!current || !sameRoles(current, table)) tables.push(table)
  }
  if (tables.length === 0) {
    const inferred = inferRoles(sheet)
    if (inferred)
      tables.push({
        sheet,
        suffixes: new Map(),
        floors: new Map(),
        stairwells: new Map(),
        headerLine: 0,
        ignoredColumns: [],
        ...inferred,
      })
  }
  for (const table of tables) {
    readUnknownColumns(table)
    dropFloorCounts(table)
    nameIgnored(table)
  }
  return tables
}
