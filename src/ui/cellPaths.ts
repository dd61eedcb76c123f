import type { MiniCell } from './facade.ts'

/** Cells of one kind are one path: a street of fifty façades is two hundred SVG elements, not thousands. */
export type CellPaths = Readonly<Record<Exclude<MiniCell, 'wall'>, string>>

export interface CellBoard {
  cellWidth: number
  cellHeight: number
  gap: number
}

/** Draws rows of cells, the top row first; every row is as wide as the widest. */
export function cellPaths(rows: readonly (readonly MiniCell[])[], board: CellBoard): CellPaths {
  const paths = { lit: '', tried: '', untouched: '', notCounted: '' }
  const widest = Math.max(1, ...rows.map((row) => row.length))
  const width = boardWidth(widest, board)
  rows.forEach((row, floor) => {
    // A floor with more doors than the others has narrower cells, so that the house keeps its outline.
    const columns = Math.max(row.length, 1)
    const isOdd = columns < widest && row.every((cell) => cell !== 'wall')
    const cellWidth = isOdd ? (width - board.gap * (columns - 1)) / columns : board.cellWidth
    row.forEach((cell, column) => {
      if (cell === 'wall') return
      const x = round(column * (cellWidth + board.gap))
      const y = round(floor * (board.cellHeight + board.gap))
      paths[cell] += `M${x} ${y}h${round(cellWidth)}v${board.cellHeight}h${-round(cellWidth)}z`
    })
  })
  return paths
}

export function boardWidth(columns: number, { cellWidth, gap }: CellBoard): number {
  return columns * (cellWidth + gap) - gap
}

export function boardHeight(rows: number, { cellHeight, gap }: CellBoard): number {
  return Math.max(1, rows) * (cellHeight + gap) - gap
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
