import type { Folded } from '../../src/domain/records/folded.ts'
import type { SessionTally } from '../../src/domain/records/sessionTally.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import type { Truth } from './invariants.ts'

/** What a round came to is what was taken in, whatever of it was folded, when, and how often it was sent (SYNC-12). */
export function checkFolded(truth: Truth, say: (what: string) => void): void {
  const bodies = <T>(kind: string): T[] => truth.rows.filter((row) => row.kind === kind).map((row) => row.body as T)
  const applied = (verb: string) =>
    [...truth.commands.values()].filter((answer) => answer.verb === verb && answer.result === 'applied')
  const folded = bodies<Folded>('folded')
  const live = bodies<Visit>('visit')
  const sum = (of: (body: Folded) => number) => folded.reduce((total, body) => total + of(body), 0)
  const taken = applied('visit/record').length
  const counted = sum(({ visits, voided }) => visits + voided)
  if (live.length + counted !== taken) {
    say(`${taken} visits were taken in, ${live.length} stand and ${counted} were folded`)
  }
  const voids = sum(({ voided }) => voided) + bodies('visitVoid').length
  if (voids > applied('visit/void').length) say(`${voids} visits count as taken back, more than were`)
  const noEntries = sum((body) => body.noEntries) + bodies('noEntry').length
  if (noEntries !== applied('visit/no-entry').length) say(`${noEntries} closed doors of stairwells count`)
  for (const { id, visits, members } of folded) {
    const byMember = Object.values(members).reduce((total, member) => total + member.visits, 0)
    if (byMember !== visits) say(`the folded round ${id} has ${visits} visits, and its members ${byMember}`)
  }
}

/** An evening without the marks whose visits were folded: those outlive what they were made of. */
export function withoutFolded(tally: SessionTally, rows: Truth['rows'], folded: ReadonlySet<string>): SessionTally {
  const live = new Set(rows.filter((row) => row.kind === 'visit').map((row) => row.id))
  const standing = Object.entries(tally.visits).filter(([visitId]) => live.has(visitId) || !folded.has(visitId))
  return { ...tally, visits: Object.fromEntries(standing) }
}
