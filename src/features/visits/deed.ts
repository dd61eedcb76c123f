import type { DoorState } from '../../domain/coverage/doorState.ts'

/** One gesture of the thumb: one door, or the rest of a floor. It is taken back as a whole. */
export interface Deed {
  stairwellId: string
  /** As neighbours may read it: nobody learns from a bookmark that a child was alone at home. */
  state: DoorState
  visits: { visitId: string; doorId: string; label: string }[]
  /** The floor's printed label, when the gesture was for a floor. */
  floor: string | null
  undone: boolean
}

/** What became of a tap: kept, or not and why, in plain words. */
export type Kept = { saved: true; visitId: string } | { saved: false; why: string }
