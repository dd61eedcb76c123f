import { save } from '../../db/here.ts'
import type { Refusal } from '../../domain/command.ts'
import { check } from '../../domain/fields.ts'
import { mintDoorId, mintStairwellId, type Stairwell } from '../../domain/records/stairwell.ts'
import { layOutStairwells, type LaidOutStairwell } from '../../domain/roster/layOutStairwells.ts'
import type { RosterAnswer, RosterDoor, RosterQuestion, RosterReading } from '../../domain/roster/readRoster.ts'
import { VERBS, type Args } from '../../domain/verbs.ts'

type ImportArgs = Args<'roster/import-stairwell'>

/** What importing one stairwell would do. */
export interface StairwellPlan {
  stairwellId: string
  args: ImportArgs
  /** Doors that are new, and doors that stand already and keep their id and their visits. */
  fresh: number
  kept: number
  /** Labels that stand and are not in the list: they stay, a person retires them. */
  absent: string[]
  /** As it would look, with doors of both kinds. */
  preview: Stairwell
}

/** Doors whose line still has a question are left out: what the ledger means is never guessed. */
export function answeredDoors(reading: RosterReading): RosterDoor[] {
  const asked = new Set(reading.questions.map((question) => placeKey(question)))
  const wholeLedger = reading.questions.find((question) => question.ask.code === 'buildingUnknown')?.proposal
  return reading.doors.filter(
    (door) =>
      !asked.has(placeKey(door)) &&
      !(wholeLedger && door.estate === wholeLedger.estate && door.building === wholeLedger.building),
  )
}

const placeKey = ({ row, sheet }: { row: number; sheet?: string }) => `${sheet ?? ''}\n${row}`

/** What 是 means to a question: take its proposal, or for a label that became a date, the label. */
export function yesTo({ ask, proposal }: RosterQuestion): RosterAnswer | null {
  if (proposal) return 'accept'
  return ask.code === 'dateLike' ? { text: `${ask.month}-${ask.day}` } : null
}

/** Lays doors out as stairwells and compares them with what is there. */
export function planImport(
  communityId: string,
  doors: readonly RosterDoor[],
  known: readonly Stairwell[],
  sample: boolean,
): StairwellPlan[] {
  const standing = new Map(known.map((stairwell) => [stairwell.id, stairwell]))
  return layOutStairwells(doors).map((layout) => planStairwell(communityId, layout, standing, sample))
}

function planStairwell(
  communityId: string,
  layout: LaidOutStairwell,
  standing: ReadonlyMap<string, Stairwell>,
  sample: boolean,
): StairwellPlan {
  const { estate, building, stairwell } = layout
  const stairwellId = mintStairwellId(communityId, estate, building, stairwell)
  const before = standing.get(stairwellId)
  const names = new Set(before?.doors.flatMap((door) => [door.label, ...(door.former ?? [])]))
  const listed = new Set(layout.doors.map((door) => door.label))
  const kept = layout.doors.filter((door) => names.has(door.label)).length
  const absent = (before?.doors ?? []).filter(
    (door) => door.state !== 'retired' && !listed.has(door.label) && !door.former?.some((label) => listed.has(label)),
  )
  const rest = { accessNote: '', accessNoteRevision: 0, revision: 0 }
  const doors = layout.doors.map((door) => ({
    ...door,
    id: mintDoorId(stairwellId, door.label),
    state: 'confirmed' as const,
  }))
  return {
    stairwellId,
    args: { ...layout, ...(sample ? { sample: true } : {}) },
    fresh: layout.doors.length - kept,
    kept,
    absent: absent.map((door) => door.label),
    preview: { id: stairwellId, estate, building, stairwell, floors: layout.floors, doors, ...rest },
  }
}

/** The first stairwell whose values would be refused: looked for before anything is written. */
export function findUnfit(plans: readonly StairwellPlan[]): { plan: StairwellPlan; code: Refusal } | null {
  for (const plan of plans) {
    const checked = check(VERBS['roster/import-stairwell'].args, plan.args)
    if (!checked.ok) return { plan, code: checked.code }
  }
  return null
}

export interface Imported {
  stairwells: number
  doors: number
  /** Why it stopped before the end; what was imported until then stands. */
  stopped: Refusal | null
}

/** Imports one stairwell after the other, each as a command of its own: it works without a network and can be repeated. */
export async function runImport(plans: readonly StairwellPlan[], tell: (done: number) => void): Promise<Imported> {
  let doors = 0
  for (const [index, plan] of plans.entries()) {
    const done = await save('roster/import-stairwell', plan.args)
    if (!done.saved) return { stairwells: index, doors, stopped: done.code }
    doors += plan.args.doors.length
    tell(index + 1)
  }
  return { stairwells: plans.length, doors, stopped: null }
}
