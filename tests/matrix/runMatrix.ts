import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageOptions } from '../../sync-server/storage/openStorage.ts'
import { createDatabase } from '../harness/postgres.ts'
import type { Ground } from './Ground.ts'
import { layGround } from './layGround.ts'
import { allMutants, type Mutant } from './mutants.ts'
import { runReads } from './readCells.ts'
import { Report } from './Report.ts'
import { runBeforeSetUp, runCarry, runRoutes } from './routeCells.ts'
import { runVerbs } from './verbCells.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

/** Runs something on an empty database, which is gone afterwards. */
export async function withDatabase<T>(kind: DatabaseKind, run: (options: StorageOptions) => Promise<T>): Promise<T> {
  if (kind === 'postgres') {
    const { url, drop } = await createDatabase()
    return run({ databaseUrl: url }).finally(drop)
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'qiaomen-matrix-'))
  return run({ dataDir }).finally(() => rmSync(dataDir, { recursive: true, force: true }))
}

/** Every cell on one database: before set-up, before the day of change, and after it under the same sessions. */
export async function runMatrix(kind: DatabaseKind): Promise<Report> {
  const report = new Report()
  await withDatabase(kind, (options) => runBeforeSetUp(options, report))
  await withDatabase(kind, async (options) => {
    const ground = await layGround(options)
    try {
      for (const phase of ['before', 'after'] as const) {
        if (phase === 'after') await ground.change()
        await runReads(ground, phase, report)
        await runVerbs(ground, phase, report)
        await runRoutes(ground, phase, report)
      }
    } finally {
      await ground.close()
    }
  })
  return report
}

/**
 * Takes away one line of the policy after the other, under a server that runs on what is left, and asks whether a cell
 * notices.
 *
 * @param every 1 for each of the lines, 5 for each fifth
 * @returns the lines, and those that nobody noticed
 */
export async function runMutants(
  kind: DatabaseKind,
  say: (line: string) => void,
  every = 1,
): Promise<{ lines: number; missed: string[] }> {
  const mutants = allMutants().filter((_mutant, at) => at % every === 0)
  const missed: string[] = []
  await withDatabase(kind, async (options) => {
    const ground = await layGround(options)
    await ground.change()
    for (const mutant of mutants) {
      const report = new Report(true)
      mutant.plant()
      try {
        await look(ground, mutant, report, kind)
      } finally {
        mutant.mend()
      }
      await ground.restore()
      const [first] = report.failures
      if (first === undefined) missed.push(mutant.line)
      say(`${first === undefined ? 'MISSED' : 'caught'} ${mutant.line}${first === undefined ? '' : `: ${first}`}`)
    }
    await ground.close()
  })
  return { lines: mutants.length, missed }
}

async function look(ground: Ground, { area }: Mutant, report: Report, kind: DatabaseKind): Promise<void> {
  if (area === 'setUp') return withDatabase(kind, (options) => runBeforeSetUp(options, report))
  await ground.anew()
  if (area === 'reads') return runReads(ground, 'after', report)
  if (area === 'decide') return runVerbs(ground, 'after', report, new Set(['session/start']))
  if (area === 'carry') {
    for (const person of ground.people) {
      const tell = (what: string, trouble: string | null) => report.count(`${person.plan.name}: ${what}`, trouble)
      await runCarry(ground, person, person.plan.cookie, tell)
    }
    return
  }
  if ('verb' in area) return runVerbs(ground, 'after', report, new Set([area.verb]))
  return runRoutes(ground, 'after', report, [area.route])
}
