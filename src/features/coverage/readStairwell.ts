import { readFacade, readOne, readScope } from '../../db/read.ts'
import { countFolded } from '../../domain/coverage/foldRound.ts'
import { viewFacade, type FacadeView } from '../../domain/coverage/facadeView.ts'
import { communityScope, stairwellScope } from '../../domain/record.ts'
import { mintFoldedId } from '../../domain/records/folded.ts'
import { grantAt, mintAssignmentId, type Grant } from '../../domain/records/assignment.ts'
import { holdsWish, type DoNotKnock } from '../../domain/records/doNotKnock.ts'
import type { Stairwell } from '../../domain/records/stairwell.ts'
import { readStanding, type Coverage } from './readCoverage.ts'
import { tellDoor, type PastRound } from './doorHistory.ts'

/** One stairwell as its leader reads it. */
export interface StairwellCoverage extends Pick<Coverage, 'round' | 'role' | 'freshness' | 'now'> {
  stairwell: Stairwell
  view: FacadeView
  /** Wishes for peace that hold now, by door. */
  wishes: Map<string, DoNotKnock>
  grant: Grant | null
  teamName: string | null
  /** How often nobody could get in during this round. */
  noEntries: number
  /** Whether the details of this round were folded: figures are of all, windows only of what came after. */
  folded: boolean
}

export async function readStairwellCoverage(stairwellId: string): Promise<StairwellCoverage | null> {
  const stairwell = await readOne('stairwell', stairwellId)
  if (!stairwell) return null
  const standing = await readStanding()
  const { round, now } = standing
  const scope = stairwellScope(stairwellId)
  const [facade, wishes, noEntries, assignment, folded] = await Promise.all([
    round ? readFacade(stairwellId, round.id) : undefined,
    readScope('doNotKnock', scope),
    readScope('noEntry', scope),
    round ? readOne('assignment', mintAssignmentId(round.id, stairwellId)) : undefined,
    round ? readOne('folded', mintFoldedId(round.id, stairwellId)) : undefined,
  ])
  const grant = (assignment && grantAt(assignment, now)) ?? null
  const team = grant ? await readOne('team', grant.teamId) : undefined
  const view = viewFacade(stairwell, facade, wishes, now)
  const holding = wishes.filter((wish) => holdsWish(wish, now))
  return {
    ...standing,
    stairwell,
    view: folded ? { ...view, counts: countFolded(view, folded) } : view,
    wishes: new Map(holding.map((wish) => [wish.doorId, wish])),
    grant,
    teamName: team?.name ?? null,
    noEntries: noEntries.filter((entry) => entry.roundId === round?.id).length + (folded?.noEntries ?? 0),
    folded: folded !== undefined,
  }
}

/** The history of one door, read when its sheet is opened. */
export async function readDoor(stairwellId: string, doorId: string): Promise<PastRound[]> {
  const scope = stairwellScope(stairwellId)
  const [visits, voids, quizzes, rounds, folded] = await Promise.all([
    readScope('visit', scope),
    readScope('visitVoid', scope),
    readScope('quizTaken', scope),
    readScope('round', communityScope),
    readScope('folded', scope),
  ])
  return tellDoor(doorId, visits, voids, quizzes, rounds, folded)
}
