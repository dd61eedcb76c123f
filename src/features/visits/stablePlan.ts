import type { FacadePlan, PlanFloor } from '../../domain/coverage/facadeShape.ts'

/**
 * A plan in which every floor that looks as it did before is the very object that was drawn before. A tap changes one
 * window; without this a tower of 30 floors would be compared window by window and its small pictures drawn anew.
 */
export function stablePlan(before: FacadePlan | undefined, plan: FacadePlan): FacadePlan {
  if (!before || before.shape !== plan.shape || before.columns !== plan.columns) return plan
  const known = new Map(before.floors.map((floor) => [floor.level, floor]))
  const floors = plan.floors.map((floor) => {
    const drawn = known.get(floor.level)
    return drawn && looksAlike(drawn, floor) ? drawn : floor
  })
  return { ...plan, floors }
}

function looksAlike(drawn: PlanFloor, floor: PlanFloor): boolean {
  return (
    drawn.label === floor.label &&
    drawn.aisleAfterRow === floor.aisleAfterRow &&
    drawn.panes.length === floor.panes.length &&
    drawn.shops.length === floor.shops.length &&
    drawn.panes.every((pane, index) => {
      const other = floor.panes[index]!
      const [left, right] = [pane.window, other.window]
      const sameDoor = left.doorId === right.doorId && left.label === right.label && left.kind === right.kind
      const sameState = left.state === right.state && left.toConfirm === right.toConfirm
      return sameDoor && sameState && pane.row === other.row && pane.column === other.column && pane.span === other.span
    }) &&
    drawn.shops.every((shop, index) => shop.label === floor.shops[index]!.label)
  )
}
