import type { LedgerCell, LedgerRow } from './cellText.ts'
import { kindFromWords, readKind } from './doorKind.ts'
import type { DraftDoor } from './draftDoor.ts'
import { floorLevel, floorOfLabel, isNumberedFloor, readFloor, spokenFloor } from './floors.ts'
import { squeezed } from './halfWidth.ts'
import type { LineContext } from './lineContext.ts'
import { askAbout, skipLine } from './lineContext.ts'
import type { LinePlaces } from './linePlaces.ts'
import { leaveEstate, moveTo } from './linePlaces.ts'
import { looksPersonal } from './personalText.ts'
import { readNumber } from './numerals.ts'
import { physicalNote } from './physicalNote.ts'
import type { PlaceName } from './placeNames.ts'
import { isNowhere, NOWHERE, numberedBuilding } from './placeNames.ts'
import type { RoomPart } from './readRoom.ts'
import { readRoom } from './readRoom.ts'
import type { RosterKind } from './rosterShapes.ts'
import type { SplitAddress } from './splitAddress.ts'
import { hasPlace, splitAddress } from './splitAddress.ts'

/** One room cell with what its line says around it. */
export interface RoomLine {
  row: LedgerRow
  cell: LedgerCell
  places: LinePlaces
  floorText: string
  kindText: string
  noteText: string
}

const FLOOR_RANGE = /^第?([\d一二三四五六七八九十]{1,3})[层楼]?[-~至到]第?([\d一二三四五六七八九十]{1,3})[层楼]$/u
const WHOLE_HOUSE = /整栋|整幢|独门独院|独户|独栋|单家独户/u

/** The stairwell of a door whose room cell names none. */
function stairwellOf(context: LineContext, line: RoomLine, floor: string, kind: RosterKind): PlaceName {
  const { state, fillsStairwell } = context
  if (line.places.stairwell) return line.places.stairwell
  if (!line.places.building) return state.stairwell
  const usual = kind === 'home' && (/^\d/u.test(floor) || floor === '')
  return fillsStairwell && usual ? state.stairwell : NOWHERE
}

interface ReadCell {
  /** The floor that the line names itself, '' if none. */
  ownFloor: string
  remark: string
  split: SplitAddress | undefined
}

function draftOf(
  context: LineContext,
  line: RoomLine,
  part: RoomPart,
  { ownFloor, remark, split }: ReadCell,
): DraftDoor {
  const { state } = context
  const kind =
    readKind(line.kindText) ??
    kindFromWords(part.label) ??
    kindFromWords(line.noteText) ??
    kindFromWords(remark) ??
    'home'
  // The floor is never filled down where the label itself says another one.
  const named = part.floor ?? ownFloor
  const told = named === '' ? floorOfLabel(part.label) : named
  // A shop below an eleventh floor hangs not up there: only a floor near the street is filled down to it.
  const above = kind === 'shop' && (floorLevel(state.floor) ?? 0) >= 2 ? '' : state.floor
  const floor = told ?? above
  const notes = [line.noteText, remark, /空置|闲置/u.test(line.kindText) ? '空置' : ''].map(physicalNote)
  const draft: DraftDoor = {
    sheet: context.table.sheet.index,
    row: line.row.line,
    table: context.tableNumber,
    estate: state.estate,
    building: numberedBuilding(part.building ?? '') ?? state.building,
    stairwell: split?.stairwell ?? (split?.building ? NOWHERE : stairwellOf(context, line, floor, kind)),
    stairwellIsOwn: line.places.stairwell !== undefined || split?.stairwell !== undefined,
    lead: part.lead ?? '',
    floor: floor === '' && kind === 'shop' ? '首层' : floor,
    floorIsDerived: named === '',
    label: part.label,
    bare: part.bare,
    kind,
    note: [...new Set(notes.filter((note) => note !== ''))].join('，'),
    value: line.cell.text,
    words: context.words,
  }
  if (part.ask) draft.ask = part.ask
  if (part.zeroed !== undefined) draft.zeroed = part.zeroed
  return draft
}

/** 2-4层 beside 01-04 means every number on every floor. */
function spreadOverFloors(parts: readonly RoomPart[], floorText: string): readonly RoomPart[] {
  const found = FLOOR_RANGE.exec(squeezed(floorText))
  const [from, to] = [readNumber(found?.[1] ?? ''), readNumber(found?.[2] ?? '')]
  if (from === undefined || to === undefined || from < 1 || to <= from || to - from >= 60) return parts
  if (!parts.every((part) => part.bare && part.floor === undefined)) return parts
  const floors = Array.from({ length: to - from + 1 }, (_, step) => String(from + step))
  return floors.flatMap((floor) => parts.map((part) => ({ ...part, floor })))
}

/** What stands for the room where the line has none: 整栋 of a whole house, the floor in a ledger without rooms. */
function roomInstead(context: LineContext, line: RoomLine, floor: string): string {
  if (line.places.room !== '') return line.places.room
  const building = line.places.building ?? (context.hasRoomColumn ? undefined : context.state.building)
  if (!building || isNowhere(building)) return ''
  if (floor === '' && WHOLE_HOUSE.test(line.noteText + line.kindText)) return '整栋'
  if (context.hasRoomColumn) return ''
  if (floor !== '') return isNumberedFloor(floor) ? `${spokenFloor(floor)}（全层）` : floor
  // A street number alone is a house; a numbered block without any room is a line that misses one.
  return building.word === '=' && /号/u.test(building.stem) ? '整栋' : ''
}

/** Reads the doors of one line's room cell into drafts, questions and skips. The line's places are filled down already. */
export function readDoors(context: LineContext, line: RoomLine): void {
  const row = line.row.line
  const answer = context.answerTo(row)
  const typed = typeof answer === 'object' ? answer.text : undefined
  const trusted = typed !== undefined
  let text = typed ?? line.cell.text
  let split: SplitAddress | undefined
  if (line.cell.date && !trusted) return askAbout(context, row, line.cell.text, { code: 'dateLike', ...line.cell.date })
  if (looksPersonal(text)) return skipLine(context, row, { code: 'personal' })
  if (hasPlace(text) && !/^[A-H]座$/iu.test(squeezed(text))) {
    split = splitAddress(text)
    leaveEstate(context.state, split)
    moveTo(context.state, split)
    text = split.room
  }
  const floors = [line.floorText, split?.floor ?? '', line.places.floor]
  const ownFloor = floors.map(readFloor).find((floor) => floor !== undefined) ?? ''
  if (ownFloor !== '') context.state.floor = ownFloor
  const instead = text === ''
  if (instead)
    text = roomInstead(
      context,
      { ...line, places: { ...line.places, ...(split?.building ? { building: split.building } : {}) } },
      ownFloor,
    )
  if (text === '') return skipLine(context, row, { code: 'noRoom' })

  const isShop = (readKind(line.kindText) ?? kindFromWords(line.noteText)) === 'shop'
  const floor = ownFloor || context.state.floor
  const read = readRoom(text, { floor, floorIsOwn: ownFloor !== '', isShop, trusted })
  if (read.ask) return askAbout(context, row, line.cell.text || text, read.ask)
  for (const part of spreadOverFloors(read.parts, line.floorText)) {
    if (part.label === '' && part.ask) {
      askAbout(context, row, line.cell.text || text, part.ask)
      continue
    }
    if (answer === 'accept' || trusted) delete part.ask
    else if (instead && ownFloor !== '' && !context.hasRoomColumn)
      part.ask ??= { code: 'wholeFloor', label: part.label }
    const draft = draftOf(context, line, part, { ownFloor, remark: read.remark, split })
    context.read.drafts.push(draft)
    if (draft.floor !== '' && context.hasFloorColumn) context.state.floor = draft.floor
  }
}
