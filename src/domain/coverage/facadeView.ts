import { holdsWish, type DoNotKnock } from '../records/doNotKnock.ts'
import type { Door, Stairwell } from '../records/stairwell.ts'
import { doorState, isEligible, type DoorState } from './doorState.ts'
import type { Facade } from './facade.ts'

/** One window: a door, or several merged flats, as it is drawn and tapped. */
export interface Window {
  doorId: string
  /** `501·502` for merged flats. */
  label: string
  level: number
  column: number
  kind: Door['kind']
  state: DoorState
  toConfirm: boolean
  /** How often the door was tried in this round, voided visits apart. */
  tries: number
  /** Effective time of the last visit in this round, ms; `null` when it was never tried. */
  lastAt: number | null
}

export interface FacadeFloor {
  level: number
  label: string
  /** In order of column. A column without a window is plain wall. */
  windows: Window[]
}

/** The three rates count eligible homes; shops and pillars are drawn, never counted. */
export interface FacadeCounts {
  doors: number
  knocked: number
  met: number
  quizzed: number
}

export interface FacadeView {
  stairwellId: string
  /** From the top floor down, shops and floors without doors included. */
  floors: FacadeFloor[]
  counts: FacadeCounts
  lastAt: number | null
}

/** States in which somebody was spoken to. 几句 counts as 已敲 and not as 见到. */
const MET: ReadonlySet<DoorState> = new Set(['met', 'quizzed'])

/**
 * Draws a stairwell's layout with what is known of its doors in a round.
 *
 * @param now the clock by which wishes for peace expire, ms
 */
export function viewFacade(
  layout: Stairwell,
  facade: Facade | undefined,
  wishes: readonly DoNotKnock[],
  now: number,
): FacadeView {
  const peaceful = new Set(wishes.filter((wish) => holdsWish(wish, now)).map((wish) => wish.doorId))
  const merged = new Map<string, string[]>()
  for (const door of layout.doors) {
    if (door.mergedInto) merged.set(door.mergedInto, [...(merged.get(door.mergedInto) ?? []), door.label])
  }
  const windows = layout.doors
    .filter((door) => door.state !== 'retired' && !door.mergedInto)
    .map((door) => viewWindow(door, merged.get(door.id) ?? [], facade, peaceful.has(door.id)))
  const levels = [...layout.floors].sort((left, right) => right.level - left.level)
  const floors = levels.map((floor) => ({
    ...floor,
    windows: windows.filter((window) => window.level === floor.level).sort((a, b) => a.column - b.column),
  }))
  return { stairwellId: layout.id, floors, counts: countWindows(windows), lastAt: latest(windows) }
}

function viewWindow(door: Door, others: readonly string[], facade: Facade | undefined, peaceful: boolean): Window {
  const marks = facade?.doors[door.id]
  const live = Object.values(marks ?? {}).filter((mark) => !mark.voided && mark.at !== undefined)
  return {
    doorId: door.id,
    label: [door.label, ...others].join('·'),
    level: door.level,
    column: door.column,
    kind: door.kind,
    state: doorState(marks, peaceful),
    toConfirm: door.state === 'toConfirm',
    tries: live.length,
    lastAt: live.length > 0 ? Math.max(...live.map((mark) => mark.at!)) : null,
  }
}

/** Counts homes that are eligible. A door that asks for peace stays in the denominator: it is a household we reached. */
export function countWindows(windows: readonly Window[]): FacadeCounts {
  const counts = { doors: 0, knocked: 0, met: 0, quizzed: 0 }
  for (const { kind, state } of windows) {
    if (kind !== 'home' || !isEligible(state)) continue
    counts.doors++
    if (state !== 'untouched') counts.knocked++
    if (MET.has(state)) counts.met++
    if (state === 'quizzed') counts.quizzed++
  }
  return counts
}

function latest(windows: readonly Window[]): number | null {
  return windows.reduce<number | null>(
    (last, { lastAt }) => (lastAt !== null && (last === null || lastAt > last) ? lastAt : last),
    null,
  )
}
