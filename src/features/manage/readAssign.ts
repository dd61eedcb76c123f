import { readAll, readAssignments, readFacades, readScope } from '../../db/read.ts'
import { comparePlaces } from '../../domain/coverage/comparePlaces.ts'
import { viewFacade, type FacadeCounts } from '../../domain/coverage/facadeView.ts'
import { communityScope } from '../../domain/record.ts'
import { grantAt, type Grant } from '../../domain/records/assignment.ts'
import type { DeviceReport } from '../../domain/records/deviceReport.ts'
import type { Round } from '../../domain/records/round.ts'
import type { Stairwell } from '../../domain/records/stairwell.ts'
import { readPeople, type People } from './readPeople.ts'

/** A stairwell with who holds it now. */
export interface Handing {
  stairwell: Stairwell
  counts: FacadeCounts
  grant: Grant | null
  /** Of the assignment; 0 where there is none yet. */
  revision: number
}

export interface AssignState extends People {
  round: Round | null
  handings: Handing[]
  /** Phones that last said they hold something unsent. */
  unsent: DeviceReport[]
}

export async function readAssign(): Promise<AssignState> {
  const people = await readPeople()
  const [rounds, stairwells, wishes, reports] = await Promise.all([
    readScope('round', communityScope),
    readAll('stairwell'),
    readAll('doNotKnock'),
    readScope('deviceReport', communityScope),
  ])
  const open = rounds.filter((round) => round.state === 'open').sort((left, right) => right.number - left.number)
  const round = open[0] ?? null
  const [assignments, facades] = round
    ? await Promise.all([readAssignments(round.id), readFacades(round.id)])
    : [new Map<string, never>(), []]
  const facadeOf = new Map(facades.map((facade) => [facade.stairwellId, facade]))
  const handings = stairwells.sort(comparePlaces).map((stairwell): Handing => {
    const assignment = assignments.get(stairwell.id)
    const own = wishes.filter((wish) => wish.stairwellId === stairwell.id)
    return {
      stairwell,
      counts: viewFacade(stairwell, facadeOf.get(stairwell.id), own, people.now).counts,
      grant: (assignment && grantAt(assignment, people.now)) ?? null,
      revision: assignment?.revision ?? 0,
    }
  })
  return { ...people, round, handings, unsent: reports.filter((report) => report.unsent > 0) }
}
