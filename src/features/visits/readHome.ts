import { momentOf, readPhone } from '../../db/database.ts'
import { here } from '../../db/here.ts'
import { readAll, readAssignments, readFacade, readMe, readOne, readOpenSession, readScope } from '../../db/read.ts'
import { comparePlaces } from '../../domain/coverage/comparePlaces.ts'
import { viewFacade, type FacadeCounts } from '../../domain/coverage/facadeView.ts'
import { handedStairwells, type HandedStairwell } from '../../domain/coverage/handedStairwells.ts'
import { communityScope, stairwellScope } from '../../domain/record.ts'
import { grantAt, type Assignment } from '../../domain/records/assignment.ts'
import { bondAt, type Role } from '../../domain/records/member.ts'
import type { Session } from '../../domain/records/session.ts'
import type { Stairwell } from '../../domain/records/stairwell.ts'
import { summarise } from '../../domain/service/summarise.ts'
import { readRounds } from './readStairwell.ts'

/** A stairwell as the home screen lists it. */
export interface HomeStairwell extends Omit<HandedStairwell, 'otherIds'> {
  layout: Pick<Stairwell, 'id' | 'estate' | 'building' | 'stairwell' | 'floors'>
  counts: FacadeCounts
  /** Doors to come back to. */
  again: number
  /** Who else was named, by name. */
  others: string[]
}

/** Everything that the home screen shows. */
export interface Home {
  role: Role
  teamId: string | null
  hasRound: boolean
  /** Whether a first download has come through; before that, how many rows are here. */
  isComplete: boolean
  rows: number
  handed: HomeStairwell[]
  /** Team mates by name. */
  mates: { id: string; name: string }[]
  session: { body: Session; doors: number } | null
}

/** Reads the home screen. Layouts and façades come by key; visits are never scanned. */
export async function readHome(placeId: string | null): Promise<Home> {
  const { database, memberId, seam } = here()
  const phone = await readPhone(database)
  const moment = momentOf(phone, seam.clock.now())
  const me = await readMe()
  const bond = me && bondAt(me, moment)
  const role = bond?.role ?? 'member'
  const teamId = bond?.teamId ?? null
  const { current } = await readRounds()
  const members = await readScope('member', communityScope)
  const names = new Map(members.map((member) => [member.id, member.name]))
  const assignments = current ? await readAssignments(current.id) : new Map()
  const found = handedStairwells(assignments.values(), memberId, teamId, moment)
  const isListed = placeId === null || found.some((entry) => entry.stairwellId === placeId)
  // An officer goes on where the officer was, whether it was handed to anybody or not.
  if (!isListed && role === 'officer' && current) {
    found.push({ stairwellId: placeId, isMine: false, otherIds: [], leaseUntil: null })
  }
  const handed: HomeStairwell[] = []
  for (const entry of found) {
    const stairwell = await readHandedStairwell(entry, current!.id, moment, names)
    if (stairwell) handed.push(stairwell)
  }
  if (handed.length === 0 && role === 'officer' && current) {
    const granted = [...assignments.values()].filter((assignment) => grantAt(assignment, moment) !== undefined)
    handed.push(...(await firstToDo(granted, current.id, moment)))
  }
  handed.sort((left, right) => Number(right.isMine) - Number(left.isMine) || comparePlaces(left.layout, right.layout))
  const session = await readOpenSession()
  const tally = session && (await readOne('sessionTally', session.id))
  return {
    role,
    teamId,
    hasRound: current !== null,
    isComplete: phone.complete,
    rows: phone.complete ? 0 : await database.records.count(),
    handed,
    mates: members
      .filter((member) => member.id !== memberId && teamId !== null && bondAt(member, moment)?.teamId === teamId)
      .map(({ id, name }) => ({ id, name }))
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
    session: session ? { body: session, doors: summarise(tally).doors } : null,
  }
}

/** The first stairwell of the round that still has dark windows: where an officer, who may knock anywhere, can begin. */
async function firstToDo(granted: readonly Assignment[], roundId: string, moment: number): Promise<HomeStairwell[]> {
  const layouts = await Promise.all(granted.map(({ stairwellId }) => readOne('stairwell', stairwellId)))
  for (const layout of layouts.filter((found) => found !== undefined).sort(comparePlaces)) {
    const entry = { stairwellId: layout.id, isMine: false, otherIds: [], leaseUntil: null }
    const stairwell = await readHandedStairwell(entry, roundId, moment, new Map())
    if (stairwell && stairwell.counts.knocked < stairwell.counts.doors) return [stairwell]
  }
  return []
}

async function readHandedStairwell(
  entry: HandedStairwell,
  roundId: string,
  moment: number,
  names: ReadonlyMap<string, string>,
): Promise<HomeStairwell | null> {
  const layout = await readOne('stairwell', entry.stairwellId)
  if (!layout) return null
  const facade = await readFacade(layout.id, roundId)
  const wishes = await readScope('doNotKnock', stairwellScope(layout.id))
  const view = viewFacade(layout, facade, wishes, moment)
  const windows = view.floors.flatMap((floor) => floor.windows)
  const { stairwellId, isMine, leaseUntil, otherIds } = entry
  const { id, estate, building, stairwell, floors } = layout
  return {
    stairwellId,
    isMine,
    leaseUntil,
    layout: { id, estate, building, stairwell, floors },
    counts: view.counts,
    again: windows.filter((window) => window.state === 'again').length,
    others: otherIds.flatMap((otherId) => names.get(otherId) ?? []),
  }
}

/** A stairwell in the list of all, for officers who go along. */
export type ListedStairwell = Pick<Stairwell, 'id' | 'estate' | 'building' | 'stairwell'> & { doors: number }

/** Every stairwell on this phone, in the order in which people read them. Read only when somebody asks for the list. */
export async function readEveryStairwell(): Promise<ListedStairwell[]> {
  const layouts = await readAll('stairwell')
  return layouts
    .map(({ id, estate, building, stairwell, doors }) => {
      const homes = doors.filter((door) => door.kind === 'home' && door.state !== 'retired' && !door.mergedInto)
      return { id, estate, building, stairwell, doors: homes.length }
    })
    .sort(comparePlaces)
}
