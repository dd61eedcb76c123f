import { squeezed } from './halfWidth.ts'
import { floorLevel } from './floors.ts'
import type { RosterDoor, RosterKind } from './rosterShapes.ts'

/** A stairwell as its layout record wants it. Levels only sort; columns count from 0 at the left. */
export interface LaidOutStairwell {
  estate: string
  building: string
  stairwell: string
  floors: { level: number; label: string }[]
  doors: { label: string; level: number; kind: RosterKind; column: number; note?: string }[]
}

const MOST_COLUMNS = 60
/** A ledger of one house names no building; its layout needs a name all the same. */
const ONLY_BUILDING = '本栋'
const SIDES = ['左', '中', '右', '前', '后', '东', '南', '西', '北', '内', '外']
/** Floors without a known height lie above the numbered ones and below the roof. */
const UNKNOWN_LEVEL = 80

/** The part of a label that repeats from floor to floor: 01 of 301 and 3A01, A of 3A, 左 of 二楼左, 3 of 3-2's kin. */
function suffixOf(label: string): string {
  const text = squeezed(label)
  const side = /([左中右前后东南西北内外])座?$/u.exec(text)
  if (side?.[1]) return side[1]
  const dashed = /-(\d{1,2}[A-Z]?)$/u.exec(text)
  if (dashed?.[1]) return dashed[1].padStart(2, '0')
  const digits = /(\d{2}[A-Z]?)$/u.exec(text)
  if (digits?.[1]) return digits[1]
  const letter = /^\d{1,2}([A-Z])$/u.exec(text)
  return letter?.[1] ?? text
}

/** Shops stand in the order of their numbers, whatever hangs above them. */
const isShopLabel = (label: string): boolean => /铺|店|档/u.test(label)

function compareSuffixes(one: string, other: string): number {
  const [a, b] = [SIDES.indexOf(one), SIDES.indexOf(other)]
  if (a >= 0 && b >= 0) return a - b
  const [numberA, numberB] = [parseInt(one, 10), parseInt(other, 10)]
  if (!Number.isNaN(numberA) && !Number.isNaN(numberB) && numberA !== numberB) return numberA - numberB
  return one < other ? -1 : one > other ? 1 : 0
}

function numberOf(label: string): number {
  const digits = /\d+/u.exec(label)
  return digits ? Number(digits[0]) : Number.MAX_SAFE_INTEGER
}

type Placed = LaidOutStairwell['doors'][number]

/** Columns by suffix over the floors that repeat; single names such as 值班室 or 四楼（全层） take the first free column. */
function placeColumns(doors: readonly RosterDoor[], levelOf: (door: RosterDoor) => number): Placed[] {
  const aligned = doors.filter((door) => !isShopLabel(door.label) && suffixOf(door.label) !== squeezed(door.label))
  const suffixes = [...new Set(aligned.map((door) => suffixOf(door.label)))].sort(compareSuffixes)
  const columns = new Map(suffixes.map((suffix, column) => [suffix, column]))
  const taken = new Set<string>()
  const placed = new Map<RosterDoor, number>()
  const put = (door: RosterDoor, wanted: number) => {
    let column = wanted
    while (taken.has(`${levelOf(door)} ${column}`)) column++
    taken.add(`${levelOf(door)} ${column}`)
    placed.set(door, column)
  }
  // A stairwell with more suffixes than windows is a list of odd names: its floors are filled from the left.
  const repeats = suffixes.length <= MOST_COLUMNS
  for (const door of aligned) put(door, repeats ? (columns.get(suffixOf(door.label)) ?? 0) : 0)
  const free = doors.filter((door) => !placed.has(door))
  const inOrder = free
    .map((door, index) => ({ door, index }))
    .sort((a, b) => numberOf(a.door.label) - numberOf(b.door.label) || a.index - b.index)
  for (const { door } of inOrder) put(door, 0)
  return doors.map((door) => {
    const base = { label: door.label, level: levelOf(door), kind: door.kind, column: placed.get(door) ?? 0 }
    return door.note === undefined ? base : { ...base, note: door.note }
  })
}

function layOut(doors: readonly RosterDoor[]): Omit<LaidOutStairwell, 'estate' | 'building' | 'stairwell'> {
  const levels = new Map<string, number>()
  const used = new Map<number, string>()
  for (const { floor } of doors) {
    if (levels.has(floor)) continue
    let level = floorLevel(floor) ?? UNKNOWN_LEVEL
    // 首层 and 1 are one floor of one house: they share a level, and the first label met is the one that is printed.
    const sameHeight = used.get(level)
    if (sameHeight !== undefined && floorLevel(floor) === undefined) while (used.has(level)) level++
    if (!used.has(level)) used.set(level, floor)
    levels.set(floor, level)
  }
  const levelOf = (door: RosterDoor) => levels.get(door.floor) ?? UNKNOWN_LEVEL
  const floors = [...used].map(([level, label]) => ({ level, label })).sort((a, b) => a.level - b.level)
  const placed = placeColumns(doors, levelOf).sort((a, b) => a.level - b.level || a.column - b.column)
  return { floors, doors: placed }
}

/**
 * Lays the doors of a ledger out by stairwell, in the ledger's order; doors of a building that name no stairwell share
 * the stairwell '', and a ledger that names no building is laid out under its estate's name. Floors sort from below and keep the ledger's label; 301 stands above 201, 左 above 左.
 */
export function layOutStairwells(doors: readonly RosterDoor[]): LaidOutStairwell[] {
  const groups = new Map<string, RosterDoor[]>()
  for (const door of doors) {
    const key = [door.estate, door.building, door.stairwell].join('\n')
    const group = groups.get(key)
    if (group) group.push(door)
    else groups.set(key, [door])
  }
  return [...groups.values()].map((group) => {
    const { estate, building, stairwell } = group[0] as RosterDoor
    return { estate, building: building || estate || ONLY_BUILDING, stairwell, ...layOut(group) }
  })
}
