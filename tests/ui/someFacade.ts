import type {
  FacadePane,
  FacadePlan,
  FacadePlanFloor,
  FacadeShape,
  FacadeWindow,
  FacadeWords,
} from '../../src/ui/facade.ts'
import { facadeMessages } from '../../src/messages/facade.ts'

export const words: FacadeWords = facadeMessages

export function aWindow(label: string, own: Partial<FacadeWindow> = {}): FacadeWindow {
  return { doorId: `door-${label}`, label, state: 'untouched', toConfirm: false, ...own }
}

export function aPlanFloor(
  level: number,
  windows: readonly FacadeWindow[],
  own: Partial<FacadePlanFloor> = {},
): FacadePlanFloor {
  const panes = windows.map((window, column): FacadePane => ({ window, row: 0, column, span: 1 }))
  return {
    level,
    label: String(level),
    panes,
    shops: [],
    pillars: false,
    aisleAfterRow: null,
    knocked: windows.filter((window) => window.state !== 'untouched').length,
    doors: windows.length,
    cells: windows.map((window) => (window.state === 'met' ? 'lit' : 'untouched')),
    ...own,
  }
}

export function aPlan(shape: FacadeShape, floors: readonly FacadePlanFloor[], columns = 2): FacadePlan {
  return { shape, columns, floors }
}
