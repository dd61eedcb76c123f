import * as v from 'valibot'
import { choice, fields, flag, floorLevel, id, list, text, whole } from '../fields.ts'
import { mintId } from '../hash.ts'
import { kind } from '../kind.ts'
import { stairwellScope } from '../record.ts'
import { normaliseLabel } from '../roster/normaliseLabel.ts'

export const doorLabel = text(16, 1)
export const doorKind = choice(['home', 'shop', 'office', 'other'])
export type DoorKind = v.InferOutput<typeof doorKind>

/** One door on one floor. Its id is minted from the stairwell and the label it was first seen with, and never changes. */
export const door = fields({
  id,
  label: doorLabel,
  level: floorLevel,
  kind: doorKind,
  /** Windows align by column from the left, 0-based. */
  column: whole(0, 99),
  /** 待核实 until a leader confirms it; retired doors stay, so that their visits still have a place. */
  state: choice(['confirmed', 'toConfirm', 'retired']),
  former: v.optional(list(doorLabel, 20)),
  mergedInto: v.optional(id),
  note: v.optional(text(60)),
})
export type Door = v.InferOutput<typeof door>

/** A stairwell has no more doors than this. */
export const MOST_DOORS = 600

/** A stairwell's layout is one record, so that its façade is one read. `stairwell` is '' where a building has none. */
export const stairwell = kind({
  kind: 'stairwell',
  schema: fields({
    id,
    estate: text(40),
    building: text(40, 1),
    stairwell: text(20),
    floors: list(fields({ level: floorLevel, label: text(10, 1) }), 120),
    doors: list(door, MOST_DOORS),
    /** How to get in (门禁, 保安). Door codes are refused. */
    accessNote: text(200),
    accessNoteRevision: whole(0, 1e9),
    /** Who wrote the note that stands, so that its author may erase it. */
    accessNoteBy: v.optional(id),
    /** Set while the note is empty because it was erased. */
    accessNoteErased: v.optional(flag),
    revision: whole(0, 1e9),
    /** Ids of labels that were retired and are never minted again. */
    sample: v.optional(flag),
  }),
  scopeOf: (body) => stairwellScope(body.id),
})
export type Stairwell = v.InferOutput<typeof stairwell.schema>

/** The same house in the same community has the same id whoever imports it. */
export function mintStairwellId(communityId: string, estate: string, building: string, stairwellName: string): string {
  return mintId(
    'stairwell',
    communityId,
    normaliseLabel(estate),
    normaliseLabel(building),
    normaliseLabel(stairwellName),
  )
}

/** Two phones that add 301 to one stairwell make the same door. */
export function mintDoorId(stairwellId: string, label: string): string {
  return mintId('door', stairwellId, normaliseLabel(label))
}
