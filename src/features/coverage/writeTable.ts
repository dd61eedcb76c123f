import { toCsv, type ExportRow } from '../../domain/coverage/exportRows.ts'

export type TableForm = 'xlsx' | 'csv'

/** A table with its heads as a file that Excel opens. The writer of workbooks is fetched when it is needed. */
export async function writeTable(
  name: string,
  heads: readonly string[],
  rows: readonly ExportRow[],
  form: TableForm,
): Promise<Blob> {
  if (form === 'csv') return new Blob([toCsv([heads, ...rows])], { type: 'text/csv;charset=utf-8' })
  const { buildWorkbook } = await import('./workbook.ts')
  return buildWorkbook(name, heads, rows)
}

