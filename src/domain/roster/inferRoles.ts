import type { LedgerRow, LedgerSheet } from './cellText.ts'
import type { ColumnRole } from './columnRoles.ts'
import { readKind } from './doorKind.ts'
import { floorOfLabel, readFloor } from './floors.ts'
import { squeezed } from './halfWidth.ts'
import { numberedBuilding, numberedStairwell } from './placeNames.ts'
import { looksPersonal } from './personalText.ts'
import { readTitle } from './readTitle.ts'
import { hasPlace } from './splitAddress.ts'

const MOST_OF = 0.6

interface Guess {
  roles: ColumnRole[]
  headers: string[]
  titles: string[]
  rows: LedgerRow[]
}

const isRoom = (text: string) =>
  /^(?:NO\.?|#)?[A-Z]?\d{3,4}[A-Z]?(?:室|房|号房|户)?$/iu.test(text) ||
  /^\d{1,2}[A-H]\d{2}$/iu.test(text) ||
  /^\d{1,2}-\d{3,4}$/u.test(text) ||
  /^\d{1,2}-\d{1,2}-\d{3,4}$/u.test(text)
const isAddress = (text: string) => hasPlace(text) && /\d/u.test(text)
const isCounting = (values: readonly string[]) =>
  values.length > 2 &&
  Number(values[0]) <= 1 &&
  values.every((text, index) => /^\d+$/u.test(text) && Number(text) === Number(values[0]) + index)
const isName = (text: string) => /^[\p{Script=Han}·]{2,4}$/u.test(text) && !hasPlace(text) && readKind(text) !== 'shop'

const RULES: readonly (readonly [ColumnRole, (text: string) => boolean])[] = [
  ['personal', looksPersonal],
  ['building', (text) => (numberedBuilding(text)?.word ?? '') !== '' && !/[^号#]楼$/u.test(text)],
  [
    'stairwell',
    (text) => (numberedStairwell(text)?.word ?? '') !== '' || /^[东西南北中左右前后内]\S{0,2}梯$/u.test(text),
  ],
  ['floor', (text) => /[层楼F]$|^天台$|^3A$/iu.test(text) && readFloor(text) !== undefined],
  ['room', isRoom],
  ['kind', (text) => /^(?:住宅|商铺|办公|非住宅|商业|出租屋|自住|居住)$/u.test(text)],
  ['address', isAddress],
  ['personal', isName],
]

function guessColumn(values: readonly string[]): ColumnRole {
  if (values.length === 0) return 'unknown'
  if (isCounting(values)) return 'ignored'
  const found = RULES.find(([, test]) => values.filter(test).length >= values.length * MOST_OF)
  return found?.[0] ?? 'unknown'
}

/** Small bare numbers are the floor where they agree with the rooms, else the building and then the stairwell. */
function guessNumbers(rows: readonly LedgerRow[], roles: ColumnRole[]): void {
  const room = roles.indexOf('room')
  for (const [column, role] of roles.entries()) {
    if (role !== 'unknown' || room < 0) continue
    const lines = rows.filter((row) => /^\d{1,2}$/u.test(squeezed(row.cells[column]?.text ?? '')))
    if (lines.length < rows.length * MOST_OF) continue
    const agree = lines.filter(
      (row) => floorOfLabel(row.cells[room]?.text ?? '') === String(Number(squeezed(row.cells[column]?.text ?? ''))),
    ).length
    if (agree >= lines.length * MOST_OF && !roles.includes('floor')) roles[column] = 'floor'
    else if (column < room && !roles.includes('building')) roles[column] = 'building'
    else if (column < room && !roles.includes('stairwell')) roles[column] = 'stairwell'
  }
}

/** What the columns of a ledger without any header hold, judged by their values; undefined where no column has doors. */
export function inferRoles(sheet: LedgerSheet): Guess | undefined {
  const filled = sheet.rows.filter((row) => row.cells.some((cell) => cell.text !== ''))
  const first = filled.findIndex((row) =>
    row.cells.some((cell) => isRoom(squeezed(cell.text)) || isAddress(squeezed(cell.text))),
  )
  if (first < 0) return undefined
  const startLine = filled[first]?.line ?? 0
  const above = sheet.rows.filter((row) => row.line < startLine)
  // A heading such as 二栋 right above the doors belongs to them; a title only names its places.
  const titles = above
    .flatMap((row) => row.cells.map((cell) => cell.text))
    .filter((text) => text !== '' && readTitle(text) !== undefined)
  const rows = sheet.rows.filter((row) => row.line >= startLine)
  const width = Math.max(...rows.map((row) => row.cells.length))
  const roles = Array.from({ length: width }, (_, column) =>
    guessColumn(rows.map((row) => squeezed(row.cells[column]?.text ?? '')).filter((text) => text !== '')),
  )
  if (!roles.includes('room') && !roles.includes('address')) return undefined
  // Only the first column of a place counts; a second one of its kind is somebody's other address.
  const places = roles.map((role, column) =>
    ['address', 'building', 'stairwell', 'floor'].includes(role) && column !== roles.indexOf(role) ? 'unknown' : role,
  )
  guessNumbers(rows, places)
  return { roles: places, headers: places.map(() => ''), titles, rows }
}
