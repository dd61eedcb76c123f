import { RosterProblem } from './RosterProblem.ts'
import type { RosterMerge } from './rosterShapes.ts'

const MOST_LINES = 50_000
const MOST_COLUMNS = 1_000
const MOST_CELLS = 4_000_000

/** A → 0, Z → 25, AA → 26. */
const columnOf = (letters: string): number =>
  [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1

const attribute = (tag: string, name: string): string =>
  new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`, 'u').exec(tag)?.[1] ?? ''

/** The files of a workbook's sheets in the order of its tabs. */
export function sheetPaths(workbookXml: string, relationsXml: string): string[] {
  const targets = new Map<string, string>()
  for (const [tag] of relationsXml.matchAll(/<(?:\w+:)?Relationship\s[^>]*>/gu))
    targets.set(attribute(tag, 'Id'), attribute(tag, 'Target'))
  return [...workbookXml.matchAll(/<(?:\w+:)?sheet\s[^>]*>/gu)].map(([tag]) => {
    const target = targets.get(attribute(tag, '(?:\\w+:)?id')) ?? ''
    return target.startsWith('/') ? target.slice(1) : `xl/${target}`
  })
}

/** Leaves out cells and lines that hold no value: a sheet formatted down to line 1,048,576 is not a million lines long. */
export function withoutEmptyCells(sheetXml: string): string {
  return sheetXml
    .replace(/<((?:\w+:)?)c(?:\s[^<>]*)?\/>/gu, '')
    .replace(/<((?:\w+:)?)c(?:\s[^<>]*)?>\s*<\/\1c>/gu, '')
    .replace(/<((?:\w+:)?)row(?:\s[^<>]*)?\/>/gu, '')
    .replace(/<((?:\w+:)?)row(?:\s[^<>]*)?>\s*<\/\1row>/gu, '')
}

/**
 * Refuses a sheet too large to hold before anything is built from it.
 * @throws RosterProblem `ledger_too_many_rows` past line 50,000, `ledger_too_large` past 1,000 columns or 4 million cells.
 */
export function checkSheetSize(sheetXml: string): void {
  let lines = 0
  let columns = 0
  for (const found of sheetXml.matchAll(/<(?:\w+:)?row\s[^>]*?\br="(\d+)"/gu)) lines = Math.max(lines, Number(found[1]))
  for (const found of sheetXml.matchAll(/<(?:\w+:)?c\s[^>]*?\br="([A-Z]+)(\d+)"/gu)) {
    columns = Math.max(columns, columnOf(found[1] ?? '') + 1)
    lines = Math.max(lines, Number(found[2]))
  }
  if (lines > MOST_LINES) throw new RosterProblem('ledger_too_many_rows')
  if (columns > MOST_COLUMNS || lines * columns > MOST_CELLS) throw new RosterProblem('ledger_too_large')
}

/** The merged cells that a sheet's XML names: A5:A9 and the like. */
export function readMerges(sheetXml: string): RosterMerge[] {
  return [
    ...sheetXml.matchAll(/<(?:\w+:)?mergeCell\s[^>]*?ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"/gu),
  ].map((found) => ({
    left: columnOf(found[1] ?? ''),
    top: Number(found[2]),
    right: columnOf(found[3] ?? ''),
    bottom: Number(found[4]),
  }))
}
