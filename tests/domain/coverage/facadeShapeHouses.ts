import type { DoorState } from '../../../src/domain/coverage/doorState.ts'
import type { FacadeFloor, Window } from '../../../src/domain/coverage/facadeView.ts'

/** A window as façades are drawn from it; everything not named is an untouched home in column 0. */
export function aWindow(label: string, own: Partial<Window> = {}): Window {
  return {
    doorId: `door-${label}`,
    label,
    level: 1,
    column: 0,
    kind: 'home',
    state: 'untouched',
    toConfirm: false,
    tries: 0,
    lastAt: null,
    ...own,
  }
}

/** A floor of homes, in columns from the left in the order of their labels. */
export function aFloor(level: number, labels: readonly string[], own: { label?: string; states?: DoorState[] } = {}): FacadeFloor {
  const windows = labels.map((label, column) => aWindow(label, { level, column, state: own.states?.[column] ?? 'untouched' }))
  return { level, label: own.label ?? String(level), windows }
}

/** A regular house, top floor first: `aHouse(9, 2)` has 901, 902 … 101, 102. */
export function aHouse(floors: number, doors: number): FacadeFloor[] {
  return Array.from({ length: floors }, (_, at) => floors - at).map((level) =>
    aFloor(
      level,
      Array.from({ length: doors }, (_, door) => `${level}${String(door + 1).padStart(2, '0')}`),
    ),
  )
}

export function aShopFloor(level = 0): FacadeFloor {
  const windows = ['01铺', '02铺', '03铺'].map((label, column) => aWindow(label, { level, column, kind: 'shop' }))
  return { level, label: '首层', windows }
}

/** One line per row of a planned floor: labels by column, `.` for wall, `=` where a merged flat goes on. */
export function drawn(panes: readonly { window: Window; row: number; column: number; span: number }[], columns: number): string[] {
  const rows: string[][] = []
  for (const { window, row, column, span } of panes) {
    const line = (rows[row] ??= Array.from({ length: columns }, () => '.'))
    line.splice(column, span, window.label, ...Array.from({ length: span - 1 }, () => '='))
  }
  return rows.map((line) => line.join(' '))
}
