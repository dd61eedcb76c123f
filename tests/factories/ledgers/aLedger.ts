import type { Cell, RosterMerge, RosterSheet } from '../../../src/domain/roster/readRoster.ts'

/** A sheet from lines of cells, as a reader would open it. */
export function aSheet(
  lines: readonly (readonly Cell[])[],
  name = '',
  merges: readonly RosterMerge[] = [],
): RosterSheet {
  return { name, rows: lines.map((cells, index) => ({ line: index + 1, cells })), merges }
}

/** A sheet from plain comma separated text without quotes. */
export const aTextSheet = (text: string, name = ''): RosterSheet =>
  aSheet(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(',')),
    name,
  )
