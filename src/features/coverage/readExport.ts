import { readAll, readScope } from '../../db/read.ts'
import { buildProgressRows, buildVisitRows, type ExportRow } from '../../domain/coverage/exportRows.ts'
import { communityScope, stairwellScope } from '../../domain/record.ts'
import { coverageMessages as words } from '../../messages/coverage.ts'
import { readCoverage } from './readCoverage.ts'

/** The figures of the current round, a line a stairwell. */
export async function readProgressRows(stairwellId?: string): Promise<ExportRow[]> {
  const { street } = await readCoverage()
  return buildProgressRows(street.filter((house) => stairwellId === undefined || house.stairwell.id === stairwellId))
}

/** Every visit that stands, of all rounds on this phone. What a member wrote for themselves is in none of these records. */
export async function readVisitRows(stairwellId?: string): Promise<ExportRow[]> {
  const read = <K extends 'visit' | 'visitVoid' | 'quizTaken'>(kind: K) =>
    stairwellId === undefined ? readAll(kind) : readScope(kind, stairwellScope(stairwellId))
  const [visits, voids, quizzes, stairwells, rounds, members] = await Promise.all([
    read('visit'),
    read('visitVoid'),
    read('quizTaken'),
    readAll('stairwell'),
    readScope('round', communityScope),
    readScope('member', communityScope),
  ])
  const roundNames = new Map(rounds.map((round) => [round.id, round.name]))
  const memberNames = new Map(members.map((member) => [member.id, member.name]))
  return buildVisitRows({
    visits,
    voidedIds: new Set(voids.map((entry) => entry.visitId)),
    quizzedIds: new Set(quizzes.map((entry) => entry.visitId)),
    stairwells: new Map(stairwells.map((stairwell) => [stairwell.id, stairwell])),
    roundName: (roundId) => roundNames.get(roundId) ?? '',
    memberName: (memberId) => memberNames.get(memberId) ?? '',
    outcomeWord: (outcome) => words.outcome[outcome],
    bandWord: words.band,
    quizzedWord: words.yes,
  })
}
