import type { FacadeFloor, Window } from './facadeView.ts'

/** A window and its column in the house, 0-based; `null`: the house has no column for it, it stands on a further row. */
export interface Placed {
  window: Window
  column: number | null
  span: number
}

export interface Columns {
  /** Columns of the house. */
  width: number
  /** The windows of one floor, shops apart, from left to right, those without a column last. */
  place(floor: FacadeFloor): Placed[]
}

/**
 * Finds the columns of a house so that 301 stands above 201: by what labels have in common after the floor (`01`, `02`),
 * or by the layout's own columns where labels have no such tail. A tail that only one floor has makes no column beyond
 * the others, unless the house is two floors low: otherwise one odd wide floor would squeeze all the others.
 */
export function alignColumns(floors: readonly FacadeFloor[]): Columns {
  const keyOf = keyReader(floors)
  const seen = new Map<string, { floors: number; rank: number }>()
  let floorsWithHomes = 0
  for (const floor of floors) {
    const homes = homesOf(floor)
    if (homes.length > 0) floorsWithHomes++
    for (const window of homes) {
      for (const part of partsOf(window.label)) {
        const key = keyOf(part, window, floor)
        const entry = seen.get(key)
        if (entry) entry.floors++
        else seen.set(key, { floors: 1, rank: rankOf(key) })
      }
    }
  }
  const kept = [...seen].filter(([, entry]) => entry.floors > 1 || floorsWithHomes <= 2)
  // What only one floor has between others gets a column by its number, or 203 would stand behind 204.
  const last = Math.max(0, ...kept.map(([, entry]) => entry.rank))
  for (const [key, { floors: on, rank }] of seen) {
    const base = baseOf(key)
    const isBetween = on === 1 && floorsWithHomes > 2 && /^\d{2}/.test(key) && rank < last
    if (isBetween && !kept.some(([other]) => other === base)) kept.push([base, { floors: 1, rank }])
  }
  kept.sort(([left, a], [right, b]) => a.rank - b.rank || (left < right ? -1 : 1))
  const columnOf = new Map(kept.map(([key], index) => [key, index]))
  return {
    width: Math.max(1, columnOf.size),
    place: (floor) => placeFloor(floor, columnOf, keyOf),
  }
}

type KeyReader = (part: string, window: Window, floor: FacadeFloor) => string

function placeFloor(floor: FacadeFloor, columnOf: ReadonlyMap<string, number>, keyOf: KeyReader): Placed[] {
  const homes = homesOf(floor)
  const taken = new Set<number>()
  const columns = new Map<Window, number>()
  const spans = new Map<Window, number>()
  const claim = (window: Window, column: number | undefined): void => {
    if (column === undefined || taken.has(column) || columns.has(window)) return
    columns.set(window, column)
    taken.add(column)
  }
  for (const window of homes) {
    claim(window, columnOf.get(keyOf(partsOf(window.label)[0]!, window, floor)))
    widen(window, floor)
  }
  // 103A and 103B stand where 103 stands elsewhere: the first takes the column, the second wraps.
  for (const window of homes) claim(window, columnOf.get(baseOf(keyOf(partsOf(window.label)[0]!, window, floor))))

  function widen(window: Window, on: FacadeFloor): void {
    const from = columns.get(window)
    if (from === undefined) return
    const parts = partsOf(window.label)
    const lastKey = keyOf(parts[parts.length - 1]!, window, on)
    const last = parts.length > 1 ? (columnOf.get(lastKey) ?? from + parts.length - 1) : from
    let span = 1
    while (from + span <= last && from + span < columnOf.size && !taken.has(from + span)) taken.add(from + span++)
    spans.set(window, span)
  }

  const placed = homes.map((window) => ({
    window,
    column: columns.get(window) ?? null,
    span: spans.get(window) ?? 1,
  }))
  return placed.sort((left, right) => (left.column ?? Infinity) - (right.column ?? Infinity) || 0)
}

/** Labels decide when most of them have a tail; the layout's columns otherwise, and for single labels without one. */
function keyReader(floors: readonly FacadeFloor[]): KeyReader {
  const tails = floors.flatMap((floor) => homesOf(floor).map((window) => tailOf(partsOf(window.label)[0]!, floor)))
  const usesTails = tails.filter((tail) => tail !== null).length * 2 > tails.length
  return (part, window, floor) => (usesTails ? tailOf(part, floor) : null) ?? `#${window.column}`
}

/** `301` on floor 3 → `01`, `12A03` on floor 12A → `03`, `103A` → `03A`; `null` where nothing is left. */
export function tailOf(label: string, floor: Pick<FacadeFloor, 'label' | 'level'>): string | null {
  const printed = /^[0-9A-Za-z]+/.exec(floor.label)?.[0] ?? ''
  for (const prefix of [printed, String(floor.level)]) {
    const tail = label.slice(prefix.length)
    if (prefix !== '' && label.startsWith(prefix) && /^\d{2}/.test(tail)) return tail
  }
  return /.(\d{2}\D{0,4})$/.exec(label)?.[1] ?? null
}

function baseOf(key: string): string {
  return /^\d{2}/.exec(key)?.[0] ?? key
}

function rankOf(key: string): number {
  return Number(/\d+/.exec(key)?.[0] ?? 0)
}

function partsOf(label: string): string[] {
  return label.split('·')
}

function homesOf(floor: FacadeFloor): Window[] {
  return floor.windows.filter((window) => window.kind !== 'shop')
}
