import type { FacadeFloor, Window } from './facadeView.ts'

/** Along a corridor: door by door in the order of numbers, or up one side and back along the other. */
export type WalkOrder = 'bothSides' | 'oneSide'
export type WalkDirection = 'up' | 'down'

export interface Walk {
  order: WalkOrder
  direction: WalkDirection
}

/** The doors of one floor in the order in which they are walked; every second door lies on the other side. */
export function walkFloor<Door>(doors: readonly Door[], order: WalkOrder): Door[] {
  if (order === 'bothSides') return [...doors]
  const near = doors.filter((_, index) => index % 2 === 0)
  const far = doors.filter((_, index) => index % 2 === 1)
  return [...near, ...far.reverse()]
}

/**
 * The next untouched home: further along the floor, then what was skipped on it, then floor by floor in the direction
 * walked, and at last what lies behind. `null` when every door was tried.
 *
 * @param floors from the top floor down
 * @param from the door one stands at; `null` at the start
 */
export function nextDoor(floors: readonly FacadeFloor[], from: string | null, walk: Walk): Window | null {
  const walked = walk.direction === 'down' ? [...floors] : [...floors].reverse()
  const at = walked.findIndex((floor) => floor.windows.some((window) => window.doorId === from))
  const here = walkFloor(walked[at]?.windows ?? [], walk.order)
  const place = here.findIndex((window) => window.doorId === from)
  const further = [...here.slice(place + 1), ...here.slice(0, Math.max(0, place))]
  const others = [...walked.slice(at + 1), ...walked.slice(0, Math.max(0, at))]
  const doors = [...further, ...others.flatMap((floor) => walkFloor(floor.windows, walk.order))]
  return doors.find(isWaiting) ?? null
}

/** What 本层其余无人 marks: the untouched homes of a floor, in the order of the walk. Doors done or 勿扰 are skipped. */
export function waitingOnFloor(floor: FacadeFloor, order: WalkOrder): Window[] {
  return walkFloor(floor.windows, order).filter(isWaiting)
}

function isWaiting({ kind, state }: Window): boolean {
  return kind === 'home' && state === 'untouched'
}
