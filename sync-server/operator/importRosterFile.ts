import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Community } from '../../src/domain/records/community.ts'
import { bondAt, type Member } from '../../src/domain/records/member.ts'
import type { ServerContext } from '../context.ts'
import { listCommunities } from '../storage/enrolments.ts'
import { readRange, readRecords } from '../storage/records.ts'
import { importDoors, layOutLedger } from './importDoors.ts'
import { dryRunRoster, linesWithoutDoor } from './importRoster.ts'
import { OperatorPhone } from './OperatorPhone.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { withContext } from './withContext.ts'

/**
 * `import-roster`: tells what a ledger holds, and without `--dry-run` puts its doors in as the community's officer: all of
 * them or, where any line is in question and nothing can be proposed for it, none.
 */
export async function importRosterFile(
  file: string,
  dryRun: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorAnswer> {
  const bytes = await readFile(file)
  const reading = await dryRunRoster(bytes, basename(file))
  const lines = [
    `${reading.doors.length} doors, ${reading.questions.length} questions, ${reading.skipped.length} lines skipped`,
    ...reading.questions.map(({ row, ask }) => `  line ${row}: ${ask}`),
    ...(reading.ignoredColumns.length > 0 ? [`personal columns left out: ${reading.ignoredColumns.join(', ')}`] : []),
  ]
  if (dryRun) return { value: reading, lines }
  // Half a ledger would have to be found out door by door; who keeps it mends these lines first.
  const unread = await linesWithoutDoor(bytes, basename(file))
  if (unread.length > 0) {
    return {
      value: { ...reading, imported: 0 },
      lines: [
        ...lines,
        `nothing was imported: mend lines ${unread.join(', ')}, or answer the questions on the import page`,
      ],
      ok: false,
    }
  }
  return withContext(environment, async (server) => {
    const stairwells = await layOutLedger(bytes, basename(file))
    const { community, officer } = await deskOf(server)
    await importDoors(await OperatorPhone.enrol(server, community, officer, 'operator'), stairwells)
    return {
      value: { ...reading, imported: stairwells.length },
      lines: [...lines, `imported into ${stairwells.length} stairwells`],
    }
  })
}

/** Whose desk an operator works at: the first officer of the only community. */
async function deskOf(server: ServerContext): Promise<{ community: string; officer: Member; name: string }> {
  const { db } = server.storage
  for (const community of await listCommunities(db)) {
    const members = (await readRange(db, community, 'c', 'member', 10_000)).map((row) => JSON.parse(row.body) as Member)
    const officer = members.find((member) => bondAt(member, server.clock.now())?.role === 'officer')
    const [place] = await readRecords(db, community, [{ kind: 'community', id: community }])
    if (officer && place) return { community, officer, name: (JSON.parse(place.body) as Community).name }
  }
  const missing = new Error('there is no officer yet: open the set-up link of `npm start` first')
  throw Object.assign(missing, { code: 'ENOENT' })
}
