import { tailOf } from './coverage/alignColumns.ts'
import type { Door, DoorKind, Stairwell } from './records/stairwell.ts'

/** The column of doors with the same tail on other floors (301 above 201), else the first free one to the right of its floor. */
function columnFor(layout: Stairwell, label: string, level: number): number {
  const standing = layout.doors.filter((door) => door.state !== 'retired')
  const taken = new Set(standing.filter((door) => door.level === level).map((door) => door.column))
  const floorOf = (at: number) =>
    layout.floors.find((floor) => floor.level === at) ?? { level: at, label: floorLabel(at) }
  const tail = tailOf(label, floorOf(level))
  const isAbove = (door: Door) => door.level !== level && tailOf(door.label, floorOf(door.level)) === tail
  const aligned = tail === null ? undefined : standing.find(isAbove)
  if (aligned && !taken.has(aligned.column)) return aligned.column
  let column = 0
  while (taken.has(column) && column < 99) column++
  return column
}

/** The floor's printed label when a door appears on a floor that the layout does not know. */
const floorLabel = (level: number): string => String(level)

/** Adds a door as 待核实, with its floor where that is new. The order in which two phones add doors does not matter. */
export function withDoor(
  layout: Stairwell,
  added: { id: string; label: string; level: number; kind: DoorKind },
): Stairwell {
  if (layout.doors.some((door) => door.id === added.id)) return layout
  const door: Door = { ...added, column: columnFor(layout, added.label, added.level), state: 'toConfirm' }
  const floors = layout.floors.some((floor) => floor.level === added.level)
    ? layout.floors
    : [...layout.floors, { level: added.level, label: floorLabel(added.level) }].sort((a, b) => a.level - b.level)
  const doors = [...layout.doors, door].sort(
    (a, b) => a.level - b.level || a.column - b.column || (a.id < b.id ? -1 : 1),
  )
  return { ...layout, floors, doors, revision: layout.revision + 1 }
}

/** Replaces one door. */
export function withChangedDoor(layout: Stairwell, doorId: string, change: Partial<Door>): Stairwell {
  const doors = layout.doors.map((door) => (door.id === doorId ? { ...door, ...change } : door))
  return { ...layout, doors, revision: layout.revision + 1 }
}
