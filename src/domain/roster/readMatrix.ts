import type { LedgerRow } from './cellText.ts'
import { kindFromWords, readKind } from './doorKind.ts'
import { floorLevel, isNumberedFloor, readFloor } from './floors.ts'
import { squeezed } from './halfWidth.ts'
import type { LineContext } from './lineContext.ts'
import { cellAt, skipLine } from './lineContext.ts'
import { moveTo, readPlaces } from './linePlaces.ts'
import { physicalNote } from './physicalNote.ts'
import { isBlank } from './placeNames.ts'
import { readDoors } from './readDoors.ts'

const CROSS = /^(?:[×✕✗XN否]|无|没有)$/iu
const WHOLE_LABEL = /^(?:[A-Z]?\d{3,4}[A-Z]?|\d{1,2}[A-Z]\d{0,2})(?:室|房)?$/iu

/** 01铺: a shop says its own number, whatever stands above it. */
const SHOP_LABEL = /^\d{1,3}号?(?:铺|商铺|店)$/u

/** The door of one crossing: a whole number is its label, any other sign of life makes floor and suffix a door. */
function labelAt(cell: string, suffix: string, floor: string): string | undefined {
  const text = squeezed(cell)
  if (isBlank(text) || CROSS.test(text)) return undefined
  if (WHOLE_LABEL.test(text) || SHOP_LABEL.test(text)) return text
  const head = isNumberedFloor(floor) ? floor : floorLevel(floor) === 1 ? '1' : floor
  if (/^\d{1,2}$/u.test(suffix)) return `${head}${suffix.padStart(2, '0')}`
  return /^[A-H]$/u.test(suffix) ? `${head}${suffix}` : suffix
}

/** Reads one line of a ledger with floors down and suffixes across. Names in the crossings are never kept. */
export function readMatrixLine(context: LineContext, row: LedgerRow): void {
  const { table } = context
  const first = [...table.suffixes.keys()][0] ?? 0
  const places = readPlaces(table, row, first)
  moveTo(context.state, places)
  const floorText = cellAt(table, row, 'floor', first).text
  const floor = readFloor(floorText)
  if (floor === undefined) return skipLine(context, row.line, { code: 'notADoor' })
  let doors = 0
  for (const [column, suffix] of table.suffixes) {
    const cell = row.cells[column]?.text ?? ''
    const label = labelAt(cell, suffix, floor)
    if (label === undefined) continue
    doors++
    const kind = kindFromWords(cell) ?? (readKind(cell) === 'home' ? 'home' : undefined)
    readDoors(context, {
      row,
      cell: { text: label },
      places,
      floorText,
      kindText: kind === undefined ? '' : cell,
      noteText: physicalNote(cell),
    })
  }
  if (doors === 0) skipLine(context, row.line, { code: 'noRoom' })
}
