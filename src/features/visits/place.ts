import { here } from '../../db/here.ts'
import type { WalkOrder } from '../../domain/coverage/walk.ts'
import type { Deed } from './deed.ts'

/** Where this member stood last on this phone. It is a bookmark and no record, so it never travels. */
export interface Place {
  stairwellId: string
  level: number
  doorId: string
}

/** What the doorstep remembers from one start to the next. */
interface Memory {
  place: Place | null
  partnerIds: string[]
  order: WalkOrder
  /** The last gesture, so that it can be taken back after the quiz, or after the phone was locked. */
  deed: Deed | null
}

const EMPTY: Memory = { place: null, partnerIds: [], order: 'bothSides', deed: null }

/** Each member of a shared phone has a bookmark of their own. */
const storeKey = (): string => `qiaomen.place.${here().communityId}.${here().memberId}`

/** Reads the bookmark; whatever is unreadable counts as none. */
export function recall(): Memory {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storeKey()) ?? 'null')
    return stored === null || typeof stored !== 'object' ? { ...EMPTY } : { ...EMPTY, ...stored }
  } catch {
    return { ...EMPTY }
  }
}

/** Keeps parts of the bookmark. Losing it costs some scrolling, so a full storage is no trouble. */
export function remember(parts: Partial<Memory>): void {
  const key = storeKey()
  here().seam.paint(() => {
    try {
      localStorage.setItem(key, JSON.stringify({ ...recall(), ...parts }))
    } catch {
      // Said above: nothing that counts lies here.
    }
  })
}
