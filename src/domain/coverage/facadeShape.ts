import { isEligible } from './doorState.ts'
import { countWindows, type FacadeFloor, type Window } from './facadeView.ts'
import { alignColumns, type Columns } from './alignColumns.ts'
import { walkFloor, type WalkOrder } from './walk.ts'

/**
 * How a stairwell is drawn. `house`: every floor with all its windows. `tower`: a spine and one open floor. `corridor`:
 * a strip per floor, one of them open. `list`: floor by floor as lines, for very large text.
 */
export type FacadeShape = 'house' | 'tower' | 'corridor' | 'list'

/** A window in its place: 0-based row and column within its floor; a merged flat spans several columns. */
export interface Pane {
  window: Window
  row: number
  column: number
  span: number
}

/** A window in small: `wall` is a gap. 几句 and every other knock that did not meet anybody is `tried`. */
export type MiniCell = 'lit' | 'tried' | 'untouched' | 'notCounted' | 'wall'

export interface PlanFloor {
  level: number
  label: string
  panes: Pane[]
  /** Shops at the foot, drawn as one strip. */
  shops: Window[]
  /** A floor without any door (架空层). */
  pillars: boolean
  /** Where a corridor's first side ends: the last row before the aisle; `null` when it is walked on both sides. */
  aisleAfterRow: number | null
  /** Doors of this floor that count, and those of them that were knocked at. */
  knocked: number
  doors: number
  cells: MiniCell[]
}

export interface FacadePlan {
  shape: FacadeShape
  /** Windows side by side. */
  columns: number
  floors: PlanFloor[]
}

/** What the screen offers. */
export interface FacadeRoom {
  /** For the windows alone, beside the floor rail, px. */
  widthPx: number
  /** Root text size by 16 px: 1, 1.25, 1.5. */
  textScale: number
  walkOrder: WalkOrder
}

/** A phone of 360 px leaves about 300 px beside the rail. */
export const PHONE: FacadeRoom = { widthPx: 300, textScale: 1, walkOrder: 'bothSides' }

const LIST_TEXT_SCALE = 1.5
const NARROWEST_WINDOW_PX = 64
const GAP_PX = 8
/** Beside the spine windows are fewer and wider. */
const TOWER_WINDOW_PX = 100
const SPINE_PX = 64
const HOUSE_DOORS = 4
const WIDEST_HOUSE_DOORS = 10
const TOWER_DOORS = 12

/** Chooses a shape by the typical floor: one odd wide floor wraps, it does not change the house. */
export function chooseShape(floors: readonly FacadeFloor[], room: FacadeRoom): FacadeShape {
  if (room.textScale >= LIST_TEXT_SCALE) return 'list'
  const typical = typicalDoors(floors)
  const fitting = Math.min(fit(room.widthPx, NARROWEST_WINDOW_PX), WIDEST_HOUSE_DOORS)
  if (typical <= Math.max(HOUSE_DOORS, fitting)) return 'house'
  return typical <= TOWER_DOORS ? 'tower' : 'corridor'
}

/** Places every window of a stairwell, top floor first: what a façade is drawn from. */
export function planFacade(floors: readonly FacadeFloor[], room: FacadeRoom): FacadePlan {
  const shape = chooseShape(floors, room)
  const columns = alignColumns(floors)
  const perRow = windowsPerRow(shape, columns.width, typicalDoors(floors), room)
  return { shape, columns: perRow, floors: floors.map((floor) => planFloor(floor, shape, columns, perRow, room.walkOrder)) }
}

/** The small façade of a street: cells by floor, plain wall where a floor has a gap, floors of shops and pillars left out. */
export function miniFacade(floors: readonly FacadeFloor[]): MiniCell[][] {
  const columns = alignColumns(floors)
  return floors.filter((floor) => homesOf(floor).length > 0).map((floor) => cellsOf(floor, columns))
}

export function miniCell({ state }: Window): MiniCell {
  if (state === 'met' || state === 'quizzed') return 'lit'
  if (state === 'untouched') return 'untouched'
  return isEligible(state) ? 'tried' : 'notCounted'
}

function planFloor(
  floor: FacadeFloor,
  shape: FacadeShape,
  columns: Columns,
  perRow: number,
  walkOrder: WalkOrder,
): PlanFloor {
  const homes = homesOf(floor)
  const { knocked, doors } = countWindows(homes)
  const placed =
    shape === 'house' ? placeAligned(floor, columns, perRow) : placeWalked(homes, perRow, shape, walkOrder)
  return {
    level: floor.level,
    label: floor.label,
    ...placed,
    shops: floor.windows.filter((window) => window.kind === 'shop'),
    pillars: floor.windows.length === 0,
    knocked,
    doors,
    cells: cellsOf(floor, columns),
  }
}

/** 301 above 201. What has no column of its own follows on further rows; a house wider than the screen folds in two. */
function placeAligned(floor: FacadeFloor, columns: Columns, perRow: number): Pick<PlanFloor, 'panes' | 'aisleAfterRow'> {
  const panes: Pane[] = []
  let rows = 0
  for (const { window, column, span } of columns.place(floor)) {
    if (column === null) continue
    const row = Math.floor(column / perRow)
    rows = Math.max(rows, row + 1)
    const start = column % perRow
    panes.push({ window, row, column: start, span: Math.min(span, perRow - start) })
  }
  const others = columns.place(floor).filter(({ column }) => column === null)
  others.forEach(({ window }, index) => {
    panes.push({ window, row: rows + Math.floor(index / perRow), column: index % perRow, span: 1 })
  })
  return { panes, aisleAfterRow: null }
}

/** In the order they are walked; one side and then the other when the corridor is walked so. */
function placeWalked(
  homes: readonly Window[],
  perRow: number,
  shape: FacadeShape,
  walkOrder: WalkOrder,
): Pick<PlanFloor, 'panes' | 'aisleAfterRow'> {
  const isParted = shape === 'corridor' && walkOrder === 'oneSide' && homes.length > perRow
  const walked = walkFloor(homes, shape === 'corridor' ? walkOrder : 'bothSides')
  const firstSide = isParted ? Math.ceil(walked.length / 2) : walked.length
  const firstRows = Math.ceil(firstSide / perRow)
  const panes = walked.map((window, index): Pane => {
    const isFirst = index < firstSide
    const place = isFirst ? index : index - firstSide
    return { window, row: Math.floor(place / perRow) + (isFirst ? 0 : firstRows), column: place % perRow, span: 1 }
  })
  return { panes, aisleAfterRow: isParted ? firstRows - 1 : null }
}

function windowsPerRow(shape: FacadeShape, width: number, typical: number, room: FacadeRoom): number {
  if (shape === 'list') return 1
  if (shape === 'house') return balanced(width, fit(room.widthPx, NARROWEST_WINDOW_PX))
  const columns =
    shape === 'tower' ? fit(room.widthPx - SPINE_PX, TOWER_WINDOW_PX) : fit(room.widthPx, NARROWEST_WINDOW_PX)
  return balanced(typical, columns)
}

/** 8 windows where 5 fit are 4 and 4, not 5 and 3. */
function balanced(count: number, fitting: number): number {
  if (count <= fitting) return Math.max(1, count)
  return Math.ceil(count / Math.ceil(count / fitting))
}

function fit(widthPx: number, windowPx: number): number {
  return Math.max(2, Math.floor((widthPx + GAP_PX) / (windowPx + GAP_PX)))
}

/** The middle floor by number of homes, floors without any apart. */
function typicalDoors(floors: readonly FacadeFloor[]): number {
  const counts = floors.map((floor) => homesOf(floor).length).filter((count) => count > 0)
  counts.sort((left, right) => left - right)
  return counts[Math.floor((counts.length - 1) / 2)] ?? 0
}

function cellsOf(floor: FacadeFloor, columns: Columns): MiniCell[] {
  const cells: MiniCell[] = Array.from({ length: columns.width }, () => 'wall')
  for (const { window, column, span } of columns.place(floor)) {
    if (column === null) cells.push(miniCell(window))
    else cells.fill(miniCell(window), column, column + span)
  }
  return cells
}

function homesOf(floor: FacadeFloor): Window[] {
  return floor.windows.filter((window) => window.kind !== 'shop')
}
