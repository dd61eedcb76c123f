import type { PlaceName } from './placeNames.ts'
import type { RosterAsk, RosterKind } from './rosterShapes.ts'

/** A door of one line before the whole ledger has settled its names, bare numbers and twins. */
export interface DraftDoor {
  sheet: number
  row: number
  table: number
  estate: string
  building: PlaceName
  stairwell: PlaceName
  /** The line's own stairwell cell was filled, so 1 in 1-401 must agree with it. */
  stairwellIsOwn: boolean
  /** The number in front of the room, not yet known to be a stairwell or a building. */
  lead: string
  floor: string
  /** The floor came from the label or from above, not from the line's own words. */
  floorIsDerived: boolean
  label: string
  /** One or two digits that only floor or neighbours make a door. */
  bare: boolean
  kind: RosterKind
  note: string
  ask?: RosterAsk
  /** The room cell as written, for the question. */
  value: string
  zeroed?: string
  /** Words for bare building and stairwell numbers, from the table's headers. */
  words: { building: string; stairwell: string }
}
