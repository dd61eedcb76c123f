import { comparePlaces } from '../../domain/coverage/comparePlaces.ts'
import { facadeKey, type Facade } from '../../domain/coverage/facade.ts'
import { countFolded, lastFoldedAt } from '../../domain/coverage/foldRound.ts'
import { miniFacade, type MiniCell } from '../../domain/coverage/facadeShape.ts'
import { viewFacade, type FacadeCounts } from '../../domain/coverage/facadeView.ts'
import { grantAt, type Assignment } from '../../domain/records/assignment.ts'
import type { Folded } from '../../domain/records/folded.ts'
import type { DoNotKnock } from '../../domain/records/doNotKnock.ts'
import type { Stairwell } from '../../domain/records/stairwell.ts'
import { localMidnight } from '../../domain/times.ts'

/** A stairwell as the street shows it. */
export interface StreetHouse {
  stairwell: Stairwell
  counts: FacadeCounts
  /** Last visit in any round, ms; `null` when nobody ever came. */
  lastAt: number | null
  /** Local days since then: 0 is today. */
  days: number | null
  handedOut: boolean
  rows: MiniCell[][]
  /** Whether the details of this round were folded: the picture shows what came after, the figures are of all. */
  folded: boolean
}

export const SHOWS = ['round', 'forgotten', 'unassigned'] as const
export type Show = (typeof SHOWS)[number]

/** What the street is made of, as it stands on this phone. */
export interface StreetSources {
  stairwells: readonly Stairwell[]
  /** Of every round: when somebody last came does not begin anew with a round. */
  facades: readonly Facade[]
  /** What was folded, of every round. */
  folded: readonly Folded[]
  roundId: string | null
  assignments: ReadonlyMap<string, Assignment>
  wishes: readonly DoNotKnock[]
  now: number
}

const DAY_MS = 86_400_000
/** From here on a stairwell that is not done counts as forgotten, and its figures are stressed. */
const LATE_DAYS = 10

/**
 * Every stairwell with its figures of one round, in the order in which people read a street. A row of shops alone has no
 * door to knock at and no place here.
 */
export function buildStreet(sources: StreetSources): StreetHouse[] {
  const { stairwells, facades, folded, roundId, assignments, wishes, now } = sources
  const facadeOf = new Map(facades.map((facade) => [facadeKey(facade.stairwellId, facade.roundId), facade]))
  const lastOf = new Map<string, number>()
  for (const facade of facades) {
    const last = Math.max(lastOf.get(facade.stairwellId) ?? 0, lastVisit(facade))
    if (last > 0) lastOf.set(facade.stairwellId, last)
  }
  for (const entry of folded) {
    const last = Math.max(lastOf.get(entry.stairwellId) ?? 0, lastFoldedAt(entry) ?? 0)
    if (last > 0) lastOf.set(entry.stairwellId, last)
  }
  const foldedHere = folded.filter((entry) => entry.roundId === roundId)
  const foldedOf = new Map(foldedHere.map((entry) => [entry.stairwellId, entry]))
  const wishesOf = new Map<string, DoNotKnock[]>()
  for (const wish of wishes) wishesOf.set(wish.stairwellId, [...(wishesOf.get(wish.stairwellId) ?? []), wish])
  const homes = stairwells.filter(({ doors }) => doors.some((door) => door.kind === 'home' && door.state !== 'retired'))
  return homes.sort(comparePlaces).map((stairwell) => {
    const facade = roundId === null ? undefined : facadeOf.get(facadeKey(stairwell.id, roundId))
    const view = viewFacade(stairwell, facade, wishesOf.get(stairwell.id) ?? [], now)
    const past = foldedOf.get(stairwell.id)
    const lastAt = lastOf.get(stairwell.id) ?? null
    const assignment = assignments.get(stairwell.id)
    return {
      stairwell,
      counts: past ? countFolded(view, past) : view.counts,
      lastAt,
      days: lastAt === null ? null : daysBetween(lastAt, now),
      handedOut: assignment !== undefined && grantAt(assignment, now) !== undefined,
      rows: miniFacade(view.floors),
      folded: past !== undefined,
    }
  })
}

function lastVisit(facade: Facade): number {
  let last = 0
  for (const marks of Object.values(facade.doors)) {
    for (const mark of Object.values(marks)) if (!mark.voided && mark.at !== undefined) last = Math.max(last, mark.at)
  }
  return last
}

function daysBetween(then: number, now: number): number {
  return Math.max(0, Math.round((localMidnight(now) - localMidnight(then)) / DAY_MS))
}

/** 最久没去 puts what was forgotten first, never visited before all; 未派 keeps what nobody holds. */
export function chooseHouses(street: readonly StreetHouse[], show: Show): StreetHouse[] {
  if (show === 'unassigned') return street.filter((house) => !house.handedOut)
  if (show === 'round') return [...street]
  return [...street].sort((left, right) => (left.lastAt ?? 0) - (right.lastAt ?? 0))
}

/** Long not visited and not done: told by weight and words, never in red. */
export function isLate({ counts, days }: StreetHouse): boolean {
  return counts.knocked < counts.doors && (days === null || days >= LATE_DAYS)
}

export function addCounts(houses: readonly Pick<StreetHouse, 'counts'>[]): FacadeCounts {
  const sum = { doors: 0, knocked: 0, met: 0, quizzed: 0 }
  for (const { counts } of houses) {
    sum.doors += counts.doors
    sum.knocked += counts.knocked
    sum.met += counts.met
    sum.quizzed += counts.quizzed
  }
  return sum
}

/** Neighbouring houses of one estate, in the order given. */
export function groupByEstate(houses: readonly StreetHouse[]): { estate: string; houses: StreetHouse[] }[] {
  const groups = new Map<string, StreetHouse[]>()
  for (const house of houses) {
    const { estate } = house.stairwell
    groups.set(estate, [...(groups.get(estate) ?? []), house])
  }
  return [...groups].map(([estate, members]) => ({ estate, houses: members }))
}
