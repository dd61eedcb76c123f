import { readFile } from 'node:fs/promises'
import type { Member } from '../../src/domain/records/member.ts'
import { handoverMessages } from '../../src/messages/handover.ts'
import { readHandover, type HandoverFile } from '../../src/protocol/handover.ts'
import type { ServerContext } from '../context.ts'
import { openPart, takeOpened, type OpenedPart } from '../handover.ts'
import { readCommands, readRecords } from '../storage/records.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { withContext } from './withContext.ts'

/** Stands where a phone's device would: whoever has this terminal is no device. */
const OPERATOR = 'operator'

/** A file that cannot be used, in the one sentence that says no more than that. */
export class BadHandover extends Error {
  override readonly name = 'BadHandover'
}

/**
 * `import-handover FILE`: takes in a phone's unsent work, under the name and at the time of whoever recorded it. With
 * `--dry-run` it only tells what lies in the file and how much of it the server knows already.
 *
 * @throws BadHandover for a file that is damaged, forged, another community's, or a revoked phone's; nothing is changed
 */
export async function importHandover(
  path: string,
  dryRun: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorAnswer> {
  const file = readHandover(await readFile(path, 'utf8'))
  if (typeof file === 'string') throw new BadHandover(handoverMessages[file])
  return withContext(environment, async (server) => {
    const { community } = file.header
    // All parts are opened before the first is taken, so that a file is taken in whole or not at all.
    const opened = await openAll(server, file)
    const commands = opened.flatMap((part) => part.commands)
    const known = await readCommands(
      server.storage.db,
      community,
      commands.map(({ id }) => id),
    )
    const recorder = { member: file.header.member, name: await nameOf(server, file), device: file.header.device }
    const { at, from, until, epoch } = file.header
    const inside = { commands: commands.length, known: known.length, givenUp: opened.flatMap((p) => p.refused).length }
    const said = { file: path, recorder, at, from, until, epoch, parts: opened.length, ...inside }
    const diagnostics = file.diagnostics ?? null
    const lines = [
      `${recorder.name}: ${inside.commands} commands, ${inside.known} of them known, ${inside.givenUp} refused before`,
      ...Object.entries(diagnostics ?? {}).map(([name, value]) => `  ${name}: ${value ?? ''}`),
    ]
    if (dryRun) return { value: { ...said, dryRun, diagnostics }, lines }
    const taken = await takeAll(server, community, opened)
    const { applied, held, refused } = taken
    const end = `${applied} counted, ${held} held, ${refused} left to their recorder`
    return { value: { ...said, dryRun, ...taken, diagnostics }, lines: [...lines, end] }
  })
}

async function openAll(server: ServerContext, { header, parts }: HandoverFile): Promise<OpenedPart[]> {
  const opened: OpenedPart[] = []
  for (const [index, sealed] of parts.entries()) {
    const part = await openPart(server, header.community, { header, index, sealed })
    if (!part) throw new BadHandover(handoverMessages.invalid)
    opened.push(part)
  }
  return opened
}

async function takeAll(server: ServerContext, community: string, opened: readonly OpenedPart[]) {
  const sum = { applied: 0, held: 0, refused: 0 }
  for (const part of opened) {
    const answer = await takeOpened(server, community, OPERATOR, part)
    if (answer.result === 'refused') throw new BadHandover(handoverMessages.invalid)
    sum.applied += answer.applied
    sum.held += answer.held
    sum.refused += answer.refused
  }
  return sum
}

async function nameOf(server: ServerContext, { header }: HandoverFile): Promise<string> {
  const [row] = await readRecords(server.storage.db, header.community, [{ kind: 'member', id: header.member }])
  return row && !row.deleted ? (JSON.parse(row.body) as Member).name : handoverMessages.somebody
}
