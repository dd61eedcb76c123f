import type { RosterReading } from '../../../src/domain/roster/readRoster.ts'

/** A reading as lines of text: what the files beside the ledgers hold, easy to write by hand and to compare. */
export function describeReading(reading: RosterReading): string {
  const doors = reading.doors.map((door) =>
    [door.row, door.estate, door.building, door.stairwell, door.floor, door.label, door.kind, door.note ?? '']
      .join(' | ')
      .trimEnd(),
  )
  const questions = reading.questions.map(({ row, ask, value, proposal }) =>
    ['?', row, ask.code, value, proposal ? `→ ${proposal.label}` : ''].filter((part) => part !== '').join(' '),
  )
  const skipped = reading.skipped.map(({ row, why }) => `- ${row} ${why.code}`)
  const ignored = reading.ignoredColumns.length > 0 ? [`ignored ${reading.ignoredColumns.join(' ')}`] : []
  return [...doors, ...questions, ...skipped, ...ignored].join('\n')
}
