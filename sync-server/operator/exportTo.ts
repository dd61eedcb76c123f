import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildProgressRows, buildVisitRows, toCsv } from '../../src/domain/coverage/exportRows.ts'
import { facadeKey, type Facade } from '../../src/domain/coverage/facade.ts'
import { countFolded } from '../../src/domain/coverage/foldRound.ts'
import { viewFacade } from '../../src/domain/coverage/facadeView.ts'
import type { Body, KindName } from '../../src/domain/kinds.ts'
import { coverageMessages } from '../../src/messages/coverage.ts'
import type { ServerContext } from '../context.ts'
import { listCommunities } from '../storage/enrolments.ts'
import { readProjections } from '../storage/records.ts'
import type { OperatorAnswer } from './OperatorAnswer.ts'
import { withContext } from './withContext.ts'

/** `export DIR`: coverage of the current round and all visits, as CSV files that a spreadsheet opens. */
export async function exportTo(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OperatorAnswer> {
  const written = await withContext(environment, async (server) => {
    await mkdir(folder, { recursive: true })
    const files: { file: string; rows: number }[] = []
    for (const community of await listCommunities(server.storage.db)) {
      for (const [name, rows] of await tablesOf(server, community)) {
        const file = join(folder, `${community}-${name}.csv`)
        await writeFile(file, toCsv(rows))
        files.push({ file, rows: rows.length - 1 })
      }
    }
    return files
  })
  return { value: written, lines: written.map(({ file, rows }) => `${rows} rows in ${file}`) }
}

/** All live records of a kind, whatever their scope: the operator stands outside of the scopes. */
async function all<K extends KindName>(server: ServerContext, community: string, kind: K): Promise<Body<K>[]> {
  const query = server.storage.db.selectFrom('record').select('body').where('community', '=', community)
  const rows = await query.where('kind', '=', kind).where('deleted', '=', 0).orderBy('id').execute()
  return rows.map((row) => JSON.parse(row.body) as Body<K>)
}

async function tablesOf(server: ServerContext, community: string) {
  const stairwells = await all(server, community, 'stairwell')
  const rounds = await all(server, community, 'round')
  const members = await all(server, community, 'member')
  const wishes = await all(server, community, 'doNotKnock')
  const folded = await all(server, community, 'folded')
  const current = rounds.filter((round) => round.state === 'open').sort((a, b) => b.number - a.number)[0]
  const keys = current ? stairwells.map(({ id }) => facadeKey(id, current.id)) : []
  const stored = await readProjections(server.storage.db, community, 'facade', keys)
  const facades = new Map(stored.map((row) => [row.id, JSON.parse(row.body) as Facade]))
  const houses = stairwells.map((stairwell) => {
    const facade = current && facades.get(facadeKey(stairwell.id, current.id))
    const own = wishes.filter((wish) => wish.stairwellId === stairwell.id)
    const view = viewFacade(stairwell, facade, own, server.clock.now())
    // A round that was opened again long after its end counts what was folded of it.
    const past = folded.find((entry) => entry.stairwellId === stairwell.id && entry.roundId === current?.id)
    return { stairwell, ...view, ...(past ? { counts: countFolded(view, past) } : {}) }
  })
  const visitRows = buildVisitRows({
    visits: await all(server, community, 'visit'),
    voidedIds: new Set((await all(server, community, 'visitVoid')).map((entry) => entry.visitId)),
    quizzedIds: new Set((await all(server, community, 'quizTaken')).map((entry) => entry.visitId)),
    stairwells: new Map(stairwells.map((stairwell) => [stairwell.id, stairwell])),
    roundName: (id) => rounds.find((round) => round.id === id)?.name ?? '',
    memberName: (id) => members.find((member) => member.id === id)?.name ?? '',
    outcomeWord: (outcome) => coverageMessages.outcome[outcome],
    bandWord: coverageMessages.band,
    quizzedWord: coverageMessages.yes,
  })
  return [
    ['coverage', [coverageMessages.progressHeads, ...buildProgressRows(houses)]],
    ['visits', [coverageMessages.visitHeads, ...visitRows]],
  ] as const
}
