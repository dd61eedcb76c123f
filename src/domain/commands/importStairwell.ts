import * as v from 'valibot'
import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { mintErasureId } from '../erasures.ts'
import { fields, flag, floorLevel, list, text, whole } from '../fields.ts'
import { communityScope, stairwellScope } from '../record.ts'
import {
  doorKind,
  doorLabel,
  mintDoorId,
  mintStairwellId,
  MOST_DOORS,
  type Door,
  type Stairwell,
} from '../records/stairwell.ts'
import { normaliseLabel } from '../roster/normaliseLabel.ts'

/**
 * One stairwell of an imported door list. Importing again keeps every door that is known, under its id; what the list
 * no longer names is left standing for a person to retire, because a list forgets doors more often than walls do.
 */
export const importStairwell = command({
  verb: 'roster/import-stairwell',
  version: 1,
  args: fields({
    estate: text(40),
    building: text(40, 1),
    stairwell: text(20),
    floors: list(fields({ level: floorLevel, label: text(10, 1) }), 120),
    doors: list(
      fields({
        label: doorLabel,
        level: floorLevel,
        kind: doorKind,
        column: whole(0, 99),
        note: v.optional(text(60)),
      }),
      MOST_DOORS,
    ),
    sample: v.optional(flag),
  }),
  reads: ({ estate, building, stairwell }, actor) => {
    const stairwellId = mintStairwellId(actor.communityId, estate, building, stairwell)
    return [
      row('stairwell', stairwellId, stairwellScope(stairwellId)),
      row('erasure', mintErasureId('accessNote', stairwellId), communityScope),
    ]
  },
  decide({ args, actor }, facts) {
    const stairwellId = mintStairwellId(actor.communityId, args.estate, args.building, args.stairwell)
    const known = facts.get('stairwell', stairwellId)
    const before = typeof known === 'object' ? known : undefined
    const doors = mergeDoors(stairwellId, before, args.doors)
    if (doors.length > MOST_DOORS) return refuse('too_many')
    const levels = new Map([...(before?.floors ?? []), ...args.floors].map((floor) => [floor.level, floor.label]))
    const floors = [...levels].map(([level, label]) => ({ level, label })).sort((a, b) => a.level - b.level)
    const { estate, building, stairwell } = args
    const erased = facts.get('erasure', mintErasureId('accessNote', stairwellId))
    // A house that a restore forgot comes back without its note, past every revision that was erased.
    const fresh = typeof erased === 'object' ? { accessNoteRevision: erased.through + 1, accessNoteErased: true } : {}
    const note = before ? noteOf(before) : { accessNote: '', accessNoteRevision: 0, ...fresh }
    const sample = args.sample ? { sample: true } : {}
    const revision = (before?.revision ?? 0) + 1
    return accept([
      put('stairwell', { id: stairwellId, estate, building, stairwell, floors, doors, ...note, revision, ...sample }),
    ])
  },
})

type Note = Pick<Stairwell, 'accessNote' | 'accessNoteRevision' | 'accessNoteBy' | 'accessNoteErased'>

function noteOf({ accessNote, accessNoteRevision, accessNoteBy, accessNoteErased }: Stairwell): Note {
  const by = accessNoteBy === undefined ? {} : { accessNoteBy }
  return { accessNote, accessNoteRevision, ...by, ...(accessNoteErased ? { accessNoteErased } : {}) }
}

function mergeDoors(
  stairwellId: string,
  before: Stairwell | undefined,
  listed: readonly { label: string; level: number; kind: Door['kind']; column: number; note?: string | undefined }[],
): Door[] {
  const doors = new Map<string, Door>((before?.doors ?? []).map((door) => [door.id, door]))
  const listedIds = new Set<string>()
  for (const { note, ...entry } of listed) {
    const label = normaliseLabel(entry.label)
    const standing = [...doors.values()].find((door) => door.label === label || door.former?.includes(label))
    const doorId = standing?.id ?? mintDoorId(stairwellId, label)
    const kept = standing ? { label: standing.label, former: standing.former } : {}
    const state = standing?.state === 'retired' ? 'retired' : 'confirmed'
    const door: Door = { ...entry, label, ...kept, id: doorId, state }
    if (door.former === undefined) delete door.former
    if (standing?.mergedInto) door.mergedInto = standing.mergedInto
    if (note) door.note = note
    doors.set(doorId, door)
    listedIds.add(doorId)
  }
  return aside([...doors.values()], listedIds).sort(
    (a, b) => a.level - b.level || a.column - b.column || (a.id < b.id ? -1 : 1),
  )
}

/** A door that the list forgot makes room for the one that the list puts in its column. */
function aside(doors: readonly Door[], listedIds: ReadonlySet<string>): Door[] {
  const spot = (level: number, column: number) => `${level} ${column}`
  const taken = new Set(doors.filter((door) => listedIds.has(door.id)).map((door) => spot(door.level, door.column)))
  return doors.map((door) => {
    if (listedIds.has(door.id)) return door
    let { column } = door
    while (taken.has(spot(door.level, column)) && column < 99) column++
    taken.add(spot(door.level, column))
    return { ...door, column }
  })
}
