import type { RosterDoor } from '../../src/domain/roster/readRoster.ts'
import { readRoster } from '../../src/domain/roster/readRoster.ts'
import { wordQuestion, wordWhy } from '../../src/domain/roster/wordAsk.ts'
import { readLedger } from './readLedger.ts'

/** What `import-roster FILE --dry-run --json` prints; the shape is a contract. */
export interface DryRun {
  doors: Pick<RosterDoor, 'estate' | 'building' | 'stairwell' | 'floor' | 'label' | 'kind'>[]
  questions: { row: number; value: string; ask: string }[]
  skipped: { row: number; why: string }[]
  ignoredColumns: string[]
}

/**
 * Reads a ledger and tells what importing it would do, without touching any database.
 * @throws RosterProblem where the file cannot be read as a ledger.
 */
export async function dryRunRoster(bytes: Uint8Array, fileName: string): Promise<DryRun> {
  const reading = readRoster(await readLedger(bytes, fileName))
  return {
    doors: reading.doors.map(({ estate, building, stairwell, floor, label, kind }) => ({
      estate,
      building,
      stairwell,
      floor,
      label,
      kind,
    })),
    questions: reading.questions.map((question) => ({
      row: question.row,
      value: question.value,
      ask: wordQuestion(question),
    })),
    skipped: reading.skipped.map(({ row, why }) => ({ row, why: wordWhy(why) })),
    ignoredColumns: reading.ignoredColumns,
  }
}

/** The lines in question for which nothing can be proposed: importing the others would leave their doors out. */
export async function linesWithoutDoor(bytes: Uint8Array, fileName: string): Promise<number[]> {
  const { questions } = readRoster(await readLedger(bytes, fileName))
  return questions.filter(({ proposal }) => !proposal).map(({ row }) => row)
}
