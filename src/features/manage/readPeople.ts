import { readAll, readAssignments, readCurrentRound, readScope } from '../../db/read.ts'
import { compareNames } from '../../domain/coverage/comparePlaces.ts'
import { communityScope } from '../../domain/record.ts'
import { grantAt } from '../../domain/records/assignment.ts'
import { bondAt, type Bond, type Member } from '../../domain/records/member.ts'
import type { Team } from '../../domain/records/team.ts'
import { readWho, type Who } from '../../db/readWho.ts'

export interface Person {
  member: Member
  /** What holds now; `null` once it has ended. */
  bond: Bond | null
}

/** Teams and people, each list by name: nobody is ranked. */
export interface People extends Who {
  teams: Team[]
  /** Everybody who has or had a bond; a phone that waits to be confirmed has none yet. */
  people: Person[]
  /** Stairwells in a team's hands in the current round. */
  stairwellsOf: Map<string, number>
}

export async function readPeople(): Promise<People> {
  const who = await readWho()
  const [teams, members, round, stairwells] = await Promise.all([
    readScope('team', communityScope),
    readScope('member', communityScope),
    readCurrentRound(),
    readAll('stairwell'),
  ])
  const assignments = round ? await readAssignments(round.id) : new Map<string, never>()
  const stairwellsOf = new Map<string, number>()
  for (const { id } of stairwells) {
    const assignment = assignments.get(id)
    const grant = assignment && grantAt(assignment, who.now)
    if (grant) stairwellsOf.set(grant.teamId, (stairwellsOf.get(grant.teamId) ?? 0) + 1)
  }
  return {
    ...who,
    teams: teams.sort((left, right) => compareNames(left.name, right.name)),
    people: members
      .filter((member) => member.bonds.length > 0)
      .sort((left, right) => compareNames(left.name, right.name))
      .map((member) => ({ member, bond: bondAt(member, who.now) ?? null })),
    stairwellsOf,
  }
}
