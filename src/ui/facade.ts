/**
 * What a façade is drawn from, as plain data. The room `ui` knows no other room, so these types repeat the outline of
 * `FacadePlan` and `Window` in src/domain/coverage; TypeScript compares the two where a feature hands one to the other.
 */
export type WindowState =
  | 'untouched'
  | 'quizzed'
  | 'met'
  | 'brief'
  | 'again'
  | 'refused'
  | 'notHome'
  | 'doNotKnock'
  | 'vacant'
  | 'notAHome'
  | 'notFound'

export interface FacadeWindow {
  doorId: string
  /** `501·502` for merged flats. */
  label: string
  state: WindowState
  /** Seen on the wall, not yet in the list. */
  toConfirm: boolean
}

/** A window in its place: 0-based row and column within its floor; a merged flat spans several columns. */
export interface FacadePane {
  window: FacadeWindow
  row: number
  column: number
  span: number
}

export type MiniCell = 'lit' | 'tried' | 'untouched' | 'notCounted' | 'wall'

export interface FacadePlanFloor {
  level: number
  /** As printed: 3A, 12A. */
  label: string
  panes: readonly FacadePane[]
  /** Drawn as one awning strip, never as windows. */
  shops: readonly FacadeWindow[]
  /** A floor without any door: drawn as pillars. */
  pillars: boolean
  /** A corridor walked on one side and back on the other is parted after this row; `null`: no parting. */
  aisleAfterRow: number | null
  knocked: number
  doors: number
  /** The floor in small, for the spine and the strips. */
  cells: readonly MiniCell[]
}

export type FacadeShape = 'house' | 'tower' | 'corridor' | 'list'

export interface FacadePlan {
  shape: FacadeShape
  /** Windows side by side. */
  columns: number
  /** From the top floor down. */
  floors: readonly FacadePlanFloor[]
}

/** Every word on a façade; the component has none of its own. */
export interface FacadeWords {
  states: Readonly<Record<WindowState, string>>
  toConfirm: string
  /** A floor's name from its printed label; a label that is a word already may stay as it is. */
  floor: (label: string) => string
  /** The spine's name: what dragging on it chooses. */
  spine: string
}

export const LIT: ReadonlySet<WindowState> = new Set<WindowState>(['met', 'quizzed'])

/**
 * One path per state on a 20 × 20 board. Shapes, not colours, tell the states apart: they must survive greyscale and
 * print. Untouched and vacant have none: an empty frame and a dashed frame say it.
 */
export const WINDOW_ICONS: Readonly<Record<WindowState, { d: string; solid: boolean } | null>> = {
  untouched: null,
  quizzed: {
    d: 'M10 4.6a4.7 4.7 0 0 0-2.3 8.8V15h4.6v-1.6A4.7 4.7 0 0 0 10 4.6ZM8.2 16h3.6v1.6H8.2ZM9.2.4h1.6v2.4H9.2ZM.8 8.4h2.4V10H.8Zm16 0h2.4V10h-2.4ZM3 2.9l1.1-1.1 1.7 1.7-1.1 1.1Zm12.9-1.1L17 2.9l-1.7 1.7-1.1-1.1Z',
    solid: true,
  },
  met: { d: 'M10 3.2a6.8 6.8 0 1 1 0 13.6a6.8 6.8 0 0 1 0-13.6Z', solid: true },
  brief: { d: 'M2.8 9.2h14.4a7.2 7.2 0 0 1-14.4 0Z', solid: true },
  again: { d: 'M16.2 10.4a6.2 6.2 0 1 1-1.9-4.8l1.9 1.8M16.2 2.8v4.6h-4.6', solid: false },
  refused: { d: 'M3.6 10h12.8', solid: false },
  notHome: { d: 'M10 3.6a6.4 6.4 0 1 1 0 12.8a6.4 6.4 0 0 1 0-12.8Z', solid: false },
  doNotKnock: { d: 'M10 3.4a6.6 6.6 0 1 1 0 13.2a6.6 6.6 0 0 1 0-13.2ZM5.4 14.6l9.2-9.2', solid: false },
  vacant: null,
  notAHome: {
    d: 'M3 9.4V4h14v5.4a2.3 2.3 0 0 1-4.6 0a2.4 2.4 0 0 1-4.8 0a2.3 2.3 0 0 1-4.6 0ZM7.6 9.4V4M12.4 9.4V4M4.6 13v4h10.8v-4',
    solid: false,
  },
  notFound: { d: 'M4.6 4.6l10.8 10.8M15.4 4.6L4.6 15.4', solid: false },
}

/** The name that a screen reader says and that begins with what is painted: label, state, and whether it is to be confirmed. */
export function windowName(window: FacadeWindow, words: FacadeWords): string {
  const name = `${window.label} ${words.states[window.state]}`
  return window.toConfirm ? `${name} ${words.toConfirm}` : name
}

/** The awning strip's label: the first shop's to the last one's. */
export function shopRange(shops: readonly FacadeWindow[]): string {
  const first = shops[0]?.label ?? ''
  const last = shops[shops.length - 1]?.label ?? ''
  return first === last ? first : `${first}–${last}`
}
